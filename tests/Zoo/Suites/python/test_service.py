"""A suite as users write it: the test reads all that the service says before it lets the service go."""
import os
import subprocess
import unittest

SERVICE = os.path.join(os.path.dirname(__file__), "..", "service.sh")


class ServiceTests(unittest.TestCase):
    def test_address_is_parsed(self):
        self.assertEqual(int("listening on 4711".split()[-1]), 4711)

    def test_service_tells_where_it_listens(self):
        service = subprocess.Popen([SERVICE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        words = service.stdout.read().decode()
        self.assertEqual(words.split()[-1], "4711")
        service.stdin.close()
        self.assertEqual(service.wait(), 0)
        service.stdout.close()


if __name__ == "__main__":
    unittest.main()
