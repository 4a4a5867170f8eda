"""Plain Python from an uploaded file to published marts: contracts, object store, ledger, loading, transforming."""
