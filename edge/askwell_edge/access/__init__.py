"""Who may do what: operators, sessions, tokens, roles, signed references, origins and limits."""
