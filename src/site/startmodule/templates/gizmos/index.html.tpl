{% extends "base.html" %}{% load i18n %}
{% block title %}{% translate "Gizmos" %}{% endblock %}
{% block content %}
<h1>{% translate "Gizmos" %}</h1>
{% if gizmos_list %}<ul class="cards">
{% for gizmo in gizmos_list %}<li class="card"><a href="{% url 'gizmos:detail' id=gizmo.id %}">{{ gizmo.title }}</a></li>
{% endfor %}</ul>
{% include "site/pages.html" %}{% else %}<p>{% translate "There are none yet." %}</p>
{% endif %}{% endblock %}
