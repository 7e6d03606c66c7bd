"""Runs a Python client many times without starting Python each time.

Each line of stdin is a JSON object: argv, env, and the files for stdout and
stderr. A forked child, its imports done, becomes that command: it runs the
client's own program file as `python3 FILE` would. The exit code is printed.
"""
import importlib
import json
import os
import runpy
import sys

for module in sys.argv[1:]:
    importlib.import_module(module)
# main() took its default arguments from sys.argv when it was imported.
sys.modules.pop("novaclient.shell", None)

for line in sys.stdin:
    request = json.loads(line)
    child = os.fork()
    if child == 0:
        break
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
else:
    sys.exit()

os.environ.clear()
os.environ.update(request["env"])
for number, path, flags in (
    (0, os.devnull, os.O_RDONLY),
    (1, request["stdout"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    (2, request["stderr"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
):
    os.dup2(os.open(path, flags, 0o600), number)
sys.stdin = open(0)
sys.argv = request["argv"]
runpy.run_path(sys.argv[0], run_name="__main__")
