"""The App Home."""

from bot.text.translations.answers.said import Said

HOME = (
    Said("Under way", "En curso", "En cours", "Ընթացքի մեջ"),
    Said(
        "Your last recordings",
        "Tus últimas grabaciones",
        "Vos derniers enregistrements",
        "Ձեր վերջին ձայնագրությունները",
    ),
    Said(
        "None of your recordings is finished yet.",
        "Ninguna de tus grabaciones está lista todavía.",
        "Aucun de vos enregistrements n'est encore terminé.",
        "Ձեր ձայնագրություններից ոչ մեկը դեռ պատրաստ չէ։",
    ),
    Said(
        "You have no recordings yet. Drop an audio or video file, or record a voice clip, in a channel I am in, or "
        "send it to me in *Messages*.",
        "Todavía no tienes grabaciones. Comparte un archivo de audio o vídeo, o graba una nota de voz, en un canal en "
        "el que esté, o envíamelo en *Mensajes*.",
        "Vous n'avez pas encore d'enregistrements. Déposez un fichier audio ou vidéo, ou enregistrez un message vocal, "
        "dans un canal où je suis, ou envoyez-le-moi dans *Messages*.",
        "Դեռ ձայնագրություններ չունեք։ Տեղադրեք աուդիո կամ վիդեո ֆայլ, կամ գրանցեք ձայնային հաղորդագրություն այն "
        "ալիքում, որտեղ ես կամ, կամ ուղարկեք ինձ *Messages* բաժնում։",
    ),
    Said("The last two weeks", "Las dos últimas semanas", "Les deux dernières semaines", "Վերջին երկու շաբաթը"),
    Said(
        "{recordings}, {time} transcribed",
        "{recordings}, {time} de transcripción",
        "{recordings}, {time} de transcription",
        "{recordings}, վերծանվել է {time}",
    ),
    Said(
        "Transcribed in the last two weeks",
        "Transcrito en las dos últimas semanas",
        "Transcrit ces deux dernières semaines",
        "Վերծանված վերջին երկու շաբաթում",
    ),
    Said("Minutes", "Minutos", "En minutes", "Րոպե"),
    Said(
        "Nothing was transcribed for you in the last two weeks.",
        "No se ha transcrito nada para ti en las dos últimas semanas.",
        "Rien n'a été transcrit pour vous ces deux dernières semaines.",
        "Վերջին երկու շաբաթում ձեզ համար ոչինչ չի վերծանվել։",
    ),
    Said("1 recording", "1 grabación", "1 enregistrement", "1 ձայնագրություն"),
    Said("{count} recordings", "{count} grabaciones", "{count} enregistrements", "{count} ձայնագրություն"),
    Said(
        "Settings of your channels", "Ajustes de tus canales", "Réglages de vos canaux", "Ձեր ալիքների կարգավորումները"
    ),
    Said(
        "There is no channel yet that both of us are in. Type `/invite @{name}` in a channel to add me.",
        "Todavía no hay ningún canal en el que estemos los dos. Escribe `/invite @{name}` en un canal para añadirme.",
        "Il n'y a pas encore de canal où nous sommes tous les deux. Tapez `/invite @{name}` dans un canal pour "
        "m'ajouter.",
        "Դեռ չկա ալիք, որտեղ երկուսս էլ կանք։ Ալիքում գրեք `/invite @{name}`՝ ինձ ավելացնելու համար։",
    ),
    Said(
        "{count} more: type `/transcribe settings` in the channel.",
        "{count} más: escribe `/transcribe settings` en el canal.",
        "{count} de plus : tapez `/transcribe settings` dans le canal.",
        "Եվս {count}-ը. ալիքում գրեք `/transcribe settings`։",
    ),
    Said(
        "Our direct messages", "Nuestros mensajes directos", "Nos messages privés", "Մեր անձնական հաղորդագրությունները"
    ),
    Said("Settings", "Ajustes", "Réglages", "Կարգավորումներ"),
    Said("How to start", "Cómo empezar", "Pour commencer", "Ինչպես սկսել"),
    Said("Refresh", "Actualizar", "Actualiser", "Թարմացնել"),
    Said("As of {moment}.", "Actualizado: {moment}.", "Mis à jour : {moment}.", "Թարմացված՝ {moment}։"),
    Said(
        "Slack does not say at the moment which channels we share. *Refresh* tries again.",
        "En este momento Slack no dice qué canales compartimos. *Actualizar* lo vuelve a intentar.",
        "Slack ne dit pas pour le moment quels canaux nous partageons. *Actualiser* réessaie.",
        "Այս պահին Slack-ը չի ասում, թե որ ալիքներում ենք երկուսս էլ։ *Թարմացնել*-ը նորից կփորձի։",
    ),
)
