"""The edge: serves bundles and snapshots, keeps directory and ledger, carries the console."""
