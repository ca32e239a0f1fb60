"""Parts of exported graphs: assertions whose messages reach a client, PNG files, raw label ids to class indices."""
