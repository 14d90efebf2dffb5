from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0002_guards'),
        ('documents', '0002_guards'),
        ('tenancy', '0005_guards'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='documentrelation',
            name='relation_to',
        ),
        migrations.AddIndex(
            model_name='documentrelation',
            index=models.Index(fields=['company', 'to_key', 'document'], name='relation_to'),
        ),
        migrations.AddIndex(
            model_name='fiscaldocument',
            index=models.Index(fields=['company', 'key'], name='document_by_key'),
        ),
    ]
