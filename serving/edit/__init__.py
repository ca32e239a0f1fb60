"""The editor: label maps changed in a browser, and painted while they change."""
