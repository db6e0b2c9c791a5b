"""Django's twin of the public pages: gunicorn twin:application."""
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "twin_settings"

from django.core.wsgi import get_wsgi_application
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse

from patterns import patterns

PAGE_SIZE = 50


def site(request):
    rows = (("home", "Home", "index"), ("lettings", "Lettings", "lettings:index"), ("profiles", "Profiles", "profiles:index"))
    return {
        "site_name": "Holiday Homes",
        "nav": [{"module": module, "label": label, "url": reverse(name)} for module, label, name in rows],
        "section": f"/{request.path.split('/')[1]}/",
        "origin": f"{request.scheme}://{request.get_host()}",
        "canonical": request.build_absolute_uri(request.path),
    }


def index(request):
    return render(request, "home/index.html")


def with_art(letting):
    letting.art = static("lettings/placeholder.svg")
    letting.address.is_on_map = True
    return letting


def lettings(request):
    from lettings.models import Address, Letting
    found = Letting.objects.select_related("address").order_by("id")
    after = request.GET.get("after")
    if after is not None:
        found = found.filter(id__gt=int(after))
    rows = list(found[:PAGE_SIZE + 1])
    page = {}
    if after is not None:
        page.update(first=request.path, previous=f"?before={rows[0].id}")
    if len(rows) > PAGE_SIZE:
        page.update(next=f"?after={rows[PAGE_SIZE - 1].id}", last="?last")
    return render(request, "lettings/index.html", {
        "lettings_list": [with_art(letting) for letting in rows[:PAGE_SIZE]],
        "page": page,
        "search": {},
        # Called where the template shows them.
        "states": lambda: [
            {"name": state, "count": count, "url": f"?state={state}"}
            for state, count in Address.objects.values_list("state").annotate(n=Count("id")).order_by("state")
        ],
        "cities": lambda: [
            {"name": city, "state": state, "count": count, "url": f"?city={city}"}
            for city, state, count in
            Address.objects.values_list("city", "state").annotate(n=Count("id")).order_by("-n", "city")[:20]
        ],
    })


def letting(request, letting_id):
    from lettings.models import Letting
    from profiles.models import Profile
    found = with_art(get_object_or_404(Letting.objects.select_related("address"), pk=letting_id))
    city = found.address.city

    def panels():
        profiles = list(Profile.objects.select_related("user").filter(favorite_city=city).order_by("id")[:3])
        return [render_to_string("profiles/panel_city.html", {"subject": city, "profiles": profiles})] if profiles else []

    neighbours = {
        "previous": lambda: Letting.objects.filter(id__lt=letting_id).order_by("-id").first(),
        "next": lambda: Letting.objects.filter(id__gt=letting_id).order_by("id").first(),
    }
    return render(request, "lettings/letting.html", {"letting": found, "panels": panels, "neighbours": neighbours})


def other(request, **kwargs):
    return HttpResponse(status=204)


urlpatterns = patterns(index, lettings, letting, other, other)

application = get_wsgi_application()
