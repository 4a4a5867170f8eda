"""Who may see what: roles, what an account belongs to, and the database roles that its queries run as."""
