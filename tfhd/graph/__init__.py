"""Parts of exported graphs: assertions whose messages reach a client, picture files, raw label ids to class indices."""
