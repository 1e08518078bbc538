"""Who may do what: workspaces, teams, users, tokens, and the audit log of every change."""
