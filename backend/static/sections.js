// On a phone the sections are one line that is pushed sideways: the current one is brought into sight.

document.querySelector(".sections [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
