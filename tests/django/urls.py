"""The Django site's pages in short, and its admin."""
from django.contrib import admin
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import include, path
from django.utils.html import format_html, format_html_join

from lettings.models import Address, Letting
from patterns import patterns
from profiles.models import Profile

for model in (Address, Letting, Profile):
    admin.site.register(model)


def page(title, items=()):
    body = format_html_join("", "<li>{}</li>", ((item,) for item in items))
    return HttpResponse(format_html("<title>{0}</title><h1>{0}</h1><ul>{1}</ul>", title, body))


def index(request):
    return page("Holiday Homes")


def lettings(request):
    return page("Lettings", Letting.objects.values_list("title", flat=True))


def letting(request, letting_id):
    found = get_object_or_404(Letting, pk=letting_id)
    return page(found.title, [found.address.street, found.address.city])


def profiles(request):
    return page("Profiles", Profile.objects.values_list("user__username", flat=True))


def profile(request, username):
    found = get_object_or_404(Profile, user__username=username)
    return page(found.user.username, [found.favorite_city])


urlpatterns = [
    *patterns(index, lettings, letting, profiles, profile),
    path("admin/", admin.site.urls),
    path("accounts/", include("django.contrib.auth.urls")),
]
