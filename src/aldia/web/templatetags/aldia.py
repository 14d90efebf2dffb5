"""Template tags of the house (filled by the design system)."""

from django import template

register = template.Library()
