{% extends "base.html" %}{% load i18n %}
{% block title %}{{ gizmo.title }}{% endblock %}
{% block content %}
<h1>{{ gizmo.title }}</h1>
{{ gizmo.description|linebreaks }}
<p><a class="button" href="{% url 'gizmos:index' %}">{% translate "Back to the list" %}</a></p>
{% endblock %}
