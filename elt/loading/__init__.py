"""From records to raw: every cell checked, every line loaded or refused, together with the ledger."""
