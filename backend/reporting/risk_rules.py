"""The rules of early warning in words, from their seed."""

from backend.reporting.seeds import percent, seed


def tiers_told() -> str:
    """What brings a student into each tier, the highest first."""
    rules: dict[str, list[str]] = {}
    for row in seed("risk_tier"):
        if row["trigger_kind"] == "attendance":
            rule = f"attendance below {percent(row['below_attendance_rate'])}"
        else:
            with_d = f" and {row['minimum_d_count']} D" if row["minimum_d_count"] != "0" else ""
            rule = f"at least {row['minimum_f_count']} F{with_d}"
        rules.setdefault(row["risk_tier"], []).append(rule)
    return " ".join(f"Tier {tier}: {' or '.join(rules[tier])}." for tier in sorted(rules, reverse=True))
