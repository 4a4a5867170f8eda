"""From bytes on the wire to an object in the store that is promised: whole files, archives, uploads in parts."""
