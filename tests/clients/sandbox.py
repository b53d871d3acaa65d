"""The built-in billing API as a process of its own, asked without any code of the client or of `serve`."""
import json
import subprocess
import tempfile
import urllib.request
from decimal import Decimal

COMPANY = "Muster Consulting GmbH"
# What the model and the SDK runners ask `create_invoice` for, and what it comes to: 540.00, 8.1 % on it,
# and rounded to five rappen as the company is set.
INVOICE = {
    "client_name": "Muster AG",
    "lines": [{"description": "Consulting", "quantity": 3, "price": 180, "unit": "hour", "tax_rate": 8.1}],
}
TOTAL = Decimal("583.75")


class Sandbox:
    """`lumabill sandbox` with this data file, or with the practice data; stopped at the end of the `with`."""

    def __init__(self, lumabill, data, environment):
        self._command = [str(lumabill), "sandbox", "--json", "--limits", "off"]
        if data:
            self._command += ["--data", str(data)]
        self._environment = environment

    def __enter__(self):
        # A file and not a pipe, which would fill up and hold it.
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            self._command, env=self._environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self._errors, text=True)
        ready = self._process.stdout.readline()
        if not ready:
            self._errors.seek(0)
            raise RuntimeError(f"the sandbox did not start: {self._errors.read().decode()}")
        ready = json.loads(ready)
        self.url, self.key = ready["url"], ready["keys"]["read_write"]
        self.profile = next(row["id"] for row in ready["profiles"] if row["company_name"] == COMPANY)
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    @property
    def account(self):
        """The variables by which `lumabill serve` reaches it."""
        return {"LUMABILL_API_KEY": self.key, "LUMABILL_API_URL": self.url, "LUMABILL_PROFILE_ID": self.profile}

    def invoices(self):
        """All invoices of the company, by id: as the API has them."""
        found, page = {}, 1
        while True:
            rows = self._get(f"/v1/invoices?limit=100&page={page}")["data"]
            found.update((row["id"], row) for row in rows)
            if len(rows) < 100:
                return found
            page += 1

    def _get(self, target):
        request = urllib.request.Request(self.url + target, headers={
            "Authorization": f"Bearer {self.key}", "X-Profile-Id": self.profile})
        # Without the machine's proxies: it is on loopback.
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
            return json.load(answer, parse_float=Decimal)
