"""Users: the staff of a workspace, with what assignment needs to know about them."""
