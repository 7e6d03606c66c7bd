"""Answers, one JSON line a question, what novaclient and the openstack formats print."""
import contextlib
import csv
import io
import json
import sys

import yaml
from novaclient import shell
from novaclient import utils


class Thing:
    def __init__(self, values):
        for name, value in values:
            setattr(self, name.lower().replace(' ', '_'), value)


def show(q):
    kind = q['format']
    if kind == 'table' and q['what'] == 'list':
        things = [Thing(zip(q['columns'], row)) for row in q['rows']]
        raw = {c: (lambda o, c=c: getattr(o, c.lower().replace(' ', '_'))) for c in q.get('raw') or []}
        utils.print_list(things, q['columns'], raw, q.get('sort'))
    elif kind == 'table' and q['what'] == 'timings':
        s = shell.OpenStackComputeShell()
        s._dump_timings([(url, 0, seconds) for url, seconds in q['rows']])
    elif kind == 'table':
        utils.print_dict(q['object'], wrap=q.get('wrap', 0))
    elif kind == 'json':
        data = [dict(zip(q['columns'], row)) for row in q['rows']] if q['what'] == 'list' else q['object']
        print(json.dumps(data, indent=2))
    elif kind == 'csv':
        writer = csv.writer(sys.stdout, quoting=csv.QUOTE_NONNUMERIC, lineterminator='\n', escapechar='\\')
        writer.writerow(q['columns'])
        writer.writerows(q['rows'])
    elif kind == 'value':
        for row in q['rows']:
            print(' '.join(str(c) for c in row))
    elif kind == 'yaml':
        print(json.dumps(yaml.safe_load(q['ours'])), end='')


for line in sys.stdin:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        show(json.loads(line))
    print(json.dumps(out.getvalue()), flush=True)
