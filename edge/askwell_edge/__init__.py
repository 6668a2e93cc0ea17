"""The edge: serves bundles and snapshots, keeps the directory and its ledger, carries the console."""
