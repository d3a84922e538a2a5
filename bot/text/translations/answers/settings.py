"""The settings window, and who may see and change what is in it. Titles of windows and their buttons: 24 characters."""

from bot.text.translations.answers.said import Said

SETTINGS = (
    Said("Channel settings", "Ajustes del canal", "Réglages du canal", "Ալիքի կարգավորումներ"),
    Said(
        "One moment: loading the settings.",
        "Un momento: cargando los ajustes.",
        "Un instant : chargement des réglages.",
        "Մի պահ. կարգավորումները բեռնվում են։",
    ),
    Said("Save", "Guardar", "Enregistrer", "Պահպանել"),
    Said(
        "These settings apply to new recordings in <#{channel}>.",
        "Estos ajustes se aplican a las grabaciones nuevas de <#{channel}>.",
        "Ces réglages s'appliquent aux nouveaux enregistrements dans <#{channel}>.",
        "Այս կարգավորումները վերաբերում են <#{channel}> ալիքի նոր ձայնագրություններին։",
    ),
    Said(
        "These settings apply to new recordings that you send me in our direct messages.",
        "Estos ajustes se aplican a las grabaciones nuevas que me envíes en nuestros mensajes directos.",
        "Ces réglages s'appliquent aux nouveaux enregistrements que vous m'envoyez en message privé.",
        "Այս կարգավորումները վերաբերում են նոր ձայնագրություններին, որոնք ինձ ուղարկում եք անձնական հաղորդագրությամբ։",
    ),
    Said(
        "Last changed by <@{user}>, {moment}.",
        "Último cambio: <@{user}>, {moment}.",
        "Dernière modification : <@{user}>, {moment}.",
        "Վերջին անգամ փոխել է <@{user}>, {moment}։",
    ),
    Said(
        "Nobody has changed these yet.",
        "Nadie los ha cambiado todavía.",
        "Personne ne les a encore changés.",
        "Դեռ ոչ ոք չի փոխել դրանք։",
    ),
    Said(
        "The recordings of this channel are sent to it.",
        "Las grabaciones de este canal se envían a él.",
        "Les enregistrements de ce canal lui sont envoyés.",
        "Այս ալիքի ձայնագրություններն ուղարկվում են դրան։",
    ),
    Said("Default ({service})", "Predeterminado ({service})", "Par défaut ({service})", "Լռելյայն ({service})"),
    Said(
        "{service} (not set up any more)",
        "{service} (ya no está configurado)",
        "{service} (n'est plus configuré)",
        "{service} (այլևս կարգավորված չէ)",
    ),
    Said(
        "{service} (may not be used here)",
        "{service} (no se puede usar aquí)",
        "{service} (non autorisé ici)",
        "{service} (այստեղ չի թույլատրվում)",
    ),
    Said("Type to search", "Escribe para buscar", "Tapez pour chercher", "Գրեք՝ որոնելու համար"),
    Said(
        "Default of the service ({language})",
        "El predeterminado del servicio ({language})",
        "Celle du service par défaut ({language})",
        "Ծառայության լռելյայնը ({language})",
    ),
    Said(
        "{service} detects the language automatically.",
        "{service} detecta el idioma automáticamente.",
        "{service} détecte la langue automatiquement.",
        "{service} ծառայությունը լեզուն որոշում է ինքնաբերաբար։",
    ),
    Said("Recording type", "Tipo de grabación", "Type d'enregistrement", "Ձայնագրության տեսակը"),
    Said("Default", "Predeterminado", "Par défaut", "Լռելյայն"),
    Said("Tell speakers apart", "Distinguir a los hablantes", "Distinguer les locuteurs", "Տարբերել խոսնակներին"),
    Said(
        "The number of people, where it is always the same, makes for fewer mistakes.",
        "Si siempre hablan las mismas personas, indicar cuántas son reduce los errores.",
        "Si le nombre de personnes est toujours le même, l'indiquer réduit les erreurs.",
        "Եթե մարդկանց թիվը միշտ նույնն է, այն նշելը նվազեցնում է սխալները։",
    ),
    Said("Default ({way})", "Predeterminado ({way})", "Par défaut ({way})", "Լռելյայն ({way})"),
    Said(
        "Detect how many people speak",
        "Detectar cuántas personas hablan",
        "Détecter combien de personnes parlent",
        "Որոշել, թե քանի հոգի է խոսում",
    ),
    Said("Do not name speakers", "No nombrar a los hablantes", "Ne pas nommer les locuteurs", "Չնշել խոսնակներին"),
    Said("{count} people", "{count} personas", "{count} personnes", "{count} հոգի"),
    Said(
        "Automatically, every recording",
        "Automáticamente, cada grabación",
        "Automatiquement, chaque enregistrement",
        "Ինքնաբերաբար, ամեն ձայնագրություն",
    ),
    Said("Only on request", "Solo a petición", "Seulement sur demande", "Միայն խնդրանքով"),
    Said(
        "On request: choose Transcribe in the menu of a message, or mention me in its thread.",
        "A petición: elige Transcribe en el menú de un mensaje o mencióname en su hilo.",
        "Sur demande : choisissez Transcribe dans le menu d'un message, ou mentionnez-moi dans son fil.",
        "Խնդրանքով. հաղորդագրության ընտրացանկում ընտրեք Transcribe, կամ նշեք ինձ դրա շղթայում։",
    ),
    Said(
        "Show in transcripts",
        "Mostrar en las transcripciones",
        "Afficher dans les transcriptions",
        "Ցույց տալ վերծանումներում",
    ),
    Said("Who speaks", "Quién habla", "Qui parle", "Ով է խոսում"),
    Said("Times", "Tiempos", "Les temps", "Ժամանակը"),
    Said(
        "When a recording is deleted",
        "Cuando se borra una grabación",
        "Quand un enregistrement est supprimé",
        "Երբ ձայնագրությունը ջնջվում է",
    ),
    Said(
        "Delete its transcript and files, too",
        "Borrar también su transcripción y sus archivos",
        "Supprimer aussi sa transcription et ses fichiers",
        "Ջնջել նաև դրա վերծանումն ու ֆայլերը",
    ),
    Said("Keep transcripts", "Conservar las transcripciones", "Garder les transcriptions", "Պահել վերծանումները"),
    Said(
        "Then I delete my copy: no more downloads, no search. What I posted in Slack stays there.",
        "Después borro mi copia: sin descargas ni búsquedas. Lo que publiqué en Slack se queda allí.",
        "Ensuite, je supprime ma copie : ni téléchargement ni recherche. Ce que j'ai publié dans Slack y reste.",
        "Հետո ջնջում եմ իմ պատճենը. այլևս չկա ներբեռնում և որոնում։ Slack-ում տեղադրածս մնում է այնտեղ։",
    ),
    Said("Default ({time})", "Predeterminado ({time})", "Par défaut ({time})", "Լռելյայն ({time})"),
    Said(
        "{service} does not tell speakers apart",
        "{service} no distingue a los hablantes",
        "{service} ne distingue pas les locuteurs",
        "{service} ծառայությունը խոսնակներին չի տարբերում",
    ),
    Said(
        "{service} gives no times",
        "{service} no da tiempos",
        "{service} ne donne pas les temps",
        "{service} ծառայությունը ժամանակ չի նշում",
    ),
    Said(
        "You are not in this conversation, so its settings are not shown to you.",
        "No estás en esta conversación, así que no puedo mostrarte sus ajustes.",
        "Vous n'êtes pas dans cette conversation ; ses réglages ne vous sont donc pas montrés.",
        "Դուք այս զրույցում չեք, ուստի դրա կարգավորումները ձեզ ցույց չեմ տալիս։",
    ),
    Said(
        "The settings of a channel are for members of the workspace that this app belongs to.",
        "Los ajustes de un canal son para los miembros del espacio de trabajo al que pertenece esta aplicación.",
        "Les réglages d'un canal sont réservés aux membres de l'espace de travail auquel appartient cette application.",
        "Ալիքի կարգավորումները միայն այն աշխատանքային տարածքի անդամների համար են, որին պատկանում է այս հավելվածը։",
    ),
    Said(
        "This is not a direct message between you and me, so there is nothing to set here. "
        "Type `/transcribe settings` in our own direct message, or in a channel that I am in.",
        "Este no es un mensaje directo entre tú y yo, así que aquí no hay nada que ajustar. "
        "Escribe `/transcribe settings` en nuestro mensaje directo o en un canal en el que esté.",
        "Ce n'est pas un message privé entre vous et moi : il n'y a rien à régler ici. "
        "Tapez `/transcribe settings` dans notre conversation privée, ou dans un canal où je suis.",
        "Սա մեր երկուսի անձնական զրույցը չէ, ուստի այստեղ կարգավորելու բան չկա։ "
        "Գրեք `/transcribe settings` մեր անձնական զրույցում կամ այն ալիքում, որտեղ ես կամ։",
    ),
    Said(
        "I am not in this conversation, so I cannot check who is. Type `/invite` to add me, then try again.",
        "No estoy en esta conversación, así que no puedo comprobar quién está. Escribe `/invite` para añadirme y "
        "vuelve a intentarlo.",
        "Je ne suis pas dans cette conversation, je ne peux donc pas vérifier qui y est. Tapez `/invite` pour "
        "m'ajouter, puis réessayez.",
        "Ես այս զրույցում չեմ, ուստի չեմ կարող ստուգել, թե ովքեր կան։ Գրեք `/invite`՝ ինձ ավելացնելու համար, և նորից "
        "փորձեք։",
    ),
    Said(
        "You can see these settings. Guests cannot change them: ask a member of the workspace.",
        "Puedes ver estos ajustes. Los invitados no pueden cambiarlos: pídeselo a un miembro del espacio de trabajo.",
        "Vous pouvez voir ces réglages. Les invités ne peuvent pas les changer : demandez à un membre de l'espace de "
        "travail.",
        "Կարող եք տեսնել այս կարգավորումները։ Հյուրերը չեն կարող փոխել դրանք. խնդրեք աշխատանքային տարածքի անդամներից "
        "մեկին։",
    ),
    Said(
        "You can see these settings. This public channel has more than {count} members, so only <@{creator}>, who "
        "created it, or a workspace admin can change them.",
        "Puedes ver estos ajustes. Este canal público tiene más de {count} miembros, así que solo puede cambiarlos "
        "<@{creator}>, que lo creó, o un administrador del espacio de trabajo.",
        "Vous pouvez voir ces réglages. Ce canal public a plus de {count} membres : seul <@{creator}>, qui l'a créé, "
        "ou un administrateur de l'espace de travail peut les changer.",
        "Կարող եք տեսնել այս կարգավորումները։ Այս բաց ալիքն ունի ավելի քան {count} անդամ, ուստի դրանք կարող են փոխել "
        "միայն այն ստեղծած <@{creator}>-ը կամ աշխատանքային տարածքի ադմինիստրատորը։",
    ),
    Said(
        "You can see these settings. The channel is archived, so they cannot be changed.",
        "Puedes ver estos ajustes. El canal está archivado, así que no se pueden cambiar.",
        "Vous pouvez voir ces réglages. Le canal est archivé : ils ne peuvent pas être changés.",
        "Կարող եք տեսնել այս կարգավորումները։ Ալիքն արխիվացված է, ուստի դրանք հնարավոր չէ փոխել։",
    ),
    Said(
        "Slack does not say who is in this conversation at the moment. Please try again in a minute.",
        "En este momento Slack no dice quién está en esta conversación. Vuelve a intentarlo en un minuto.",
        "Slack ne dit pas pour le moment qui est dans cette conversation. Réessayez dans une minute.",
        "Այս պահին Slack-ը չի ասում, թե ովքեր են այս զրույցում։ Նորից փորձեք մեկ րոպեից։",
    ),
    Said(
        "Slack did not say in time whether you may change this. Nothing was saved; please try again.",
        "Slack no ha dicho a tiempo si puedes cambiar esto. No se ha guardado nada; vuelve a intentarlo.",
        "Slack n'a pas dit à temps si vous pouvez changer cela. Rien n'a été enregistré ; réessayez.",
        "Slack-ը ժամանակին չասաց, թե արդյոք կարող եք սա փոխել։ Ոչինչ չի պահպանվել. նորից փորձեք։",
    ),
    Said(
        "Something went wrong on my side. Nothing was saved; please try again in a minute.",
        "Algo ha fallado por mi parte. No se ha guardado nada; vuelve a intentarlo en un minuto.",
        "Une erreur s'est produite de mon côté. Rien n'a été enregistré ; réessayez dans une minute.",
        "Իմ կողմից ինչ-որ բան սխալ գնաց։ Ոչինչ չի պահպանվել. նորից փորձեք մեկ րոպեից։",
    ),
    Said(
        "The window could not be opened in time. Please type `/transcribe settings` again.",
        "La ventana no se pudo abrir a tiempo. Escribe otra vez `/transcribe settings`.",
        "La fenêtre n'a pas pu s'ouvrir à temps. Tapez de nouveau `/transcribe settings`.",
        "Պատուհանը ժամանակին չբացվեց։ Նորից գրեք `/transcribe settings`։",
    ),
    Said(
        "{service} may not be used here: the app's administrator has restricted it. Choose another one.",
        "{service} no se puede usar aquí: quien administra la aplicación lo ha restringido. Elige otro.",
        "{service} ne peut pas être utilisé ici : l'administrateur de l'application l'a restreint. Choisissez-en un "
        "autre.",
        "{service} ծառայությունն այստեղ չի թույլատրվում. հավելվածի պատասխանատուն սահմանափակել է։ Ընտրեք մեկ ուրիշը։",
    ),
    Said(
        "This service is not set up here any more. Choose another one.",
        "Este servicio ya no está configurado aquí. Elige otro.",
        "Ce service n'est plus configuré ici. Choisissez-en un autre.",
        "Այս ծառայությունն այստեղ այլևս կարգավորված չէ։ Ընտրեք մեկ ուրիշը։",
    ),
    Said(
        "{service} does not offer this language. Choose another one.",
        "{service} no ofrece este idioma. Elige otro.",
        "{service} ne propose pas cette langue. Choisissez-en une autre.",
        "{service} ծառայությունն այս լեզուն չի առաջարկում։ Ընտրեք մեկ ուրիշը։",
    ),
    Said(
        "The app's administrator allows at most {time}. Choose a shorter time.",
        "Quien administra la aplicación permite como máximo {time}. Elige un plazo más corto.",
        "L'administrateur de l'application autorise au plus {time}. Choisissez une durée plus courte.",
        "Հավելվածի պատասխանատուն թույլատրում է առավելագույնը {time}։ Ընտրեք ավելի կարճ ժամկետ։",
    ),
    Said(
        "transcripts kept {time}",
        "transcripciones conservadas {time}",
        "transcriptions gardées {time}",
        "վերծանումները պահվում են {time}",
    ),
    Said("every recording", "cada grabación", "chaque enregistrement", "ամեն ձայնագրություն"),
    Said("on request", "a petición", "sur demande", "խնդրանքով"),
    Said("until deleted", "hasta que se borren", "jusqu'à leur suppression", "մինչև ջնջվեն"),
    Said("1 day", "1 día", "1 jour", "1 օր"),
    Said("1 year", "1 año", "1 an", "1 տարի"),
    Said("{count} days", "{count} días", "{count} jours", "{count} օր"),
)
