from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reminders', '0002_guards'),
    ]

    operations = [
        migrations.AddField(
            model_name='remindersettings',
            name='promises',
            field=models.BooleanField(null=True),
        ),
    ]
