"""What `lyncops.toml` says: its tables read strictly, passwords from where they are kept, the
journal's address.
"""
