#!/usr/bin/env python3
"""The Django site's models beside ours: DATABASE=site.sqlite3 manage.py dumpdata, loaddata, ..."""
import os
import sys

from django.core.management import execute_from_command_line

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
execute_from_command_line(sys.argv)
