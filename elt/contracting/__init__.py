"""What a file must look like: contracts that ship with Laurel, those that researchers write, and how they change."""
