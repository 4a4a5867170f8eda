"""Builds reports in a process of its own and prints the SHA-256 of each; arguments: paths; LAUREL_KEY: who asks."""

import hashlib
import os
import sys

from backend.app import create_app

client = create_app().test_client()
for path in sys.argv[1:]:
    response = client.get(path, headers={"Authorization": f"Bearer {os.environ['LAUREL_KEY']}"})
    assert response.status_code == 200, response.get_data(as_text=True)
    print(hashlib.sha256(response.data).hexdigest())
