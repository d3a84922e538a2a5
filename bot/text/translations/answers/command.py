"""Help, lists and searches."""

from bot.text.translations.answers.said import Said

COMMANDS = (
    Said(
        "*I transcribe recordings.* Drop an audio or video file, or record a voice clip, in a channel I am in; the "
        "transcript comes back in its thread. You can also send me a file in a direct message, choose *Transcribe* in "
        "the menu of an older message, or mention me in a thread that has a recording.",
        "*Transcribo grabaciones.* Comparte un archivo de audio o vídeo, o graba una nota de voz, en un "
        "canal en el que "
        "esté; la transcripción llega a su hilo. También puedes enviarme un archivo en un mensaje directo, elegir "
        "*Transcribe* en el menú de un mensaje anterior o mencionarme en un hilo que tenga una grabación.",
        "*Je transcris des enregistrements.* Déposez un fichier audio ou vidéo, ou enregistrez un message "
        "vocal, dans un "
        "canal où je suis ; la transcription arrive dans son fil. Vous pouvez aussi m'envoyer un fichier en message "
        "privé, choisir *Transcribe* dans le menu d'un ancien message ou me mentionner dans un fil qui contient un "
        "enregistrement.",
        "*Ես վերծանում եմ ձայնագրություններ։* Տեղադրեք աուդիո կամ վիդեո ֆայլ, կամ գրանցեք ձայնային հաղորդագրություն "
        "այն ալիքում, որտեղ ես կամ. վերծանումը կհայտնվի դրա շղթայում։ Կարող եք նաև ֆայլն ուղարկել ինձ անձնական "
        "հաղորդագրությամբ, ավելի հին հաղորդագրության ընտրացանկում ընտրել *Transcribe*, կամ նշել ինձ այն շղթայում, "
        "որտեղ ձայնագրություն կա։",
    ),
    Said(
        "• `/transcribe status` your recordings that are under way; `status JOB` the steps of one",
        "• `/transcribe status` tus grabaciones en curso; `status JOB` los pasos de una",
        "• `/transcribe status` vos enregistrements en cours ; `status JOB` les étapes de l'un d'eux",
        "• `/transcribe status` ձեր ընթացքի մեջ եղած ձայնագրությունները. `status JOB`՝ դրանցից մեկի քայլերը",
    ),
    Said(
        "• `/transcribe list` your recordings; `list channel` those of this channel; `list failed`",
        "• `/transcribe list` tus grabaciones; `list channel` las de este canal; `list failed` las fallidas",
        "• `/transcribe list` vos enregistrements ; `list channel` ceux de ce canal ; `list failed` les échecs",
        "• `/transcribe list` ձեր ձայնագրությունները. `list channel`՝ այս ալիքինը. `list failed`՝ չստացվածները",
    ),
    Said(
        '• `/transcribe search WORDS` what was said in your conversations; `"in quotes"` the exact words',
        '• `/transcribe search WORDS` lo que se dijo en tus conversaciones; `"entre comillas"` las palabras exactas',
        '• `/transcribe search WORDS` ce qui a été dit dans vos conversations ; `"entre guillemets"` les mots exacts',
        '• `/transcribe search WORDS` ինչ է ասվել ձեր զրույցներում. `"չակերտներում"`՝ ճշգրիտ բառերը',
    ),
    Said(
        "• `/transcribe retry` tries your last failed recording in this channel again; `retry JOB` a certain one",
        "• `/transcribe retry` reintenta tu última grabación fallida de este canal; `retry JOB` una concreta",
        "• `/transcribe retry` réessaie votre dernier enregistrement en échec dans ce canal ; `retry JOB` un autre",
        "• `/transcribe retry` կրկին փորձում է այս ալիքի ձեր վերջին չստացված ձայնագրությունը. `retry JOB`՝ "
        "որոշակի մեկը",
    ),
    Said(
        "• `/transcribe cancel` stops your recording that is under way in this channel; `cancel JOB` a certain one",
        "• `/transcribe cancel` detiene tu grabación en curso de este canal; `cancel JOB` una concreta",
        "• `/transcribe cancel` arrête votre enregistrement en cours dans ce canal ; `cancel JOB` un autre",
        "• `/transcribe cancel` դադարեցնում է այս ալիքում ձեր ընթացիկ ձայնագրությունը. `cancel JOB`՝ որոշակի մեկը",
    ),
    Said(
        "• `/transcribe settings` service, language, names and display of the transcripts of this channel",
        "• `/transcribe settings` servicio, idioma, nombres y presentación de las transcripciones de este canal",
        "• `/transcribe settings` service, langue, noms et affichage des transcriptions de ce canal",
        "• `/transcribe settings` այս ալիքի վերծանումների ծառայությունը, լեզուն, անունները և տեսքը",
    ),
    Said(
        "• `/transcribe words` names and jargon of this channel; `words add NAME`, `words remove NAME`, "
        '`words replace "as heard" "as written"`',
        "• `/transcribe words` nombres y jerga de este canal; `words add NAME`, `words remove NAME`, `words "
        'replace "lo que se oye" "lo que se escribe"`',
        "• `/transcribe words` noms et jargon de ce canal ; `words add NAME`, `words remove NAME`, `words "
        'replace "entendu" "écrit"`',
        "• `/transcribe words` այս ալիքի անուններն ու մասնագիտական բառերը. `words add NAME`, `words remove "
        'NAME`, `words replace "ինչպես լսվում է" "ինչպես գրվում է"`',
    ),
    Said(
        "• `/transcribe audit` who did what here, for those who may change the settings",
        "• `/transcribe audit` quién hizo qué aquí, para quienes pueden cambiar los ajustes",
        "• `/transcribe audit` qui a fait quoi ici, pour ceux qui peuvent changer les réglages",
        "• `/transcribe audit` ով ինչ է արել այստեղ. նրանց համար, ովքեր կարող են փոխել կարգավորումները",
    ),
    Said(
        "`JOB` is the short code at the end of a line of the lists, for example `k7m2pq9xw4`.",
        "`JOB` es el código corto al final de cada línea de las listas, por ejemplo `k7m2pq9xw4`.",
        "`JOB` est le code court à la fin de chaque ligne des listes, par exemple `k7m2pq9xw4`.",
        "`JOB`-ը ցանկի տողի վերջի կարճ կոդն է, օրինակ՝ `k7m2pq9xw4`։",
    ),
    Said(
        "There is no command `{word}`. `/transcribe help` lists what I can do.",
        "No existe la orden `{word}`. `/transcribe help` enumera lo que puedo hacer.",
        "La commande `{word}` n'existe pas. `/transcribe help` énumère ce que je sais faire.",
        "`{word}` հրաման չկա։ `/transcribe help`-ը թվարկում է, թե ինչ կարող եմ անել։",
    ),
    Said(
        "There is no command `{word}`. Did you mean `/transcribe {known}`? `/transcribe help` lists what I can do.",
        "No existe la orden `{word}`. ¿Querías decir `/transcribe {known}`? "
        "`/transcribe help` enumera lo que puedo hacer.",
        "La commande `{word}` n'existe pas. Vouliez-vous dire `/transcribe {known}` ? "
        "`/transcribe help` énumère ce que je sais faire.",
        "`{word}` հրաման չկա։ Գուցե նկատի ունեիք `/transcribe {known}`։ "
        "`/transcribe help`-ը թվարկում է, թե ինչ կարող եմ անել։",
    ),
    Said(
        "Your recordings, newest first",
        "Tus grabaciones, de la más reciente a la más antigua",
        "Vos enregistrements, du plus récent au plus ancien",
        "Ձեր ձայնագրությունները՝ նորերից հներ",
    ),
    Said(
        "Recordings of this conversation, newest first",
        "Grabaciones de esta conversación, de la más reciente a la más antigua",
        "Enregistrements de cette conversation, du plus récent au plus ancien",
        "Այս զրույցի ձայնագրությունները՝ նորերից հներ",
    ),
    Said(
        "Recordings that failed, newest first",
        "Grabaciones fallidas, de la más reciente a la más antigua",
        "Enregistrements en échec, du plus récent au plus ancien",
        "Չստացված ձայնագրությունները՝ նորերից հներ",
    ),
    Said(
        "You are not in this conversation, so its recordings are not listed for you.",
        "No estás en esta conversación, así que no puedo mostrarte sus grabaciones.",
        "Vous n'êtes pas dans cette conversation ; ses enregistrements ne vous sont donc pas montrés.",
        "Դուք այս զրույցում չեք, ուստի դրա ձայնագրությունները ձեզ ցույց չեմ տալիս։",
    ),
    Said(
        "There are none yet. Drop a recording into a channel I am in, or send it to me directly.",
        "Todavía no hay ninguna. Comparte una grabación en un canal en el que esté o envíamela directamente.",
        "Il n'y en a pas encore. Déposez un enregistrement dans un canal où je suis, ou envoyez-le-moi directement.",
        "Դեռ չկան։ Ձայնագրություն տեղադրեք այն ալիքում, որտեղ ես կամ, կամ ուղարկեք ուղիղ ինձ։",
    ),
    Said(
        "There are none in this conversation yet.",
        "Todavía no hay ninguna en esta conversación.",
        "Il n'y en a pas encore dans cette conversation.",
        "Այս զրույցում դեռ չկան։",
    ),
    Said(
        "There are none: nothing failed in your conversations.",
        "No hay ninguna: nada ha fallado en tus conversaciones.",
        "Il n'y en a pas : rien n'a échoué dans vos conversations.",
        "Չկան. ձեր զրույցներում ամեն ինչ հաջողվել է։",
    ),
    Said("Older", "Anteriores", "Plus anciens", "Ավելի հին"),
    Said("Back to the newest", "Volver a las más recientes", "Revenir aux plus récents", "Դեպի նորերը"),
    Said("open", "abrir", "ouvrir", "բացել"),
    Said("recording", "grabación", "enregistrement", "ձայնագրություն"),
    Said(
        "Only the newest {count} are listed.",
        "Solo se muestran las {count} más recientes.",
        "Seuls les {count} plus récents sont affichés.",
        "Ցուցադրված են միայն վերջին {count}-ը։",
    ),
    Said(
        "I am still searching for what you asked before. Please try again in a moment.",
        "Todavía estoy buscando lo que pediste antes. Vuelve a intentarlo en un momento.",
        "Je cherche encore ce que vous avez demandé avant. Réessayez dans un instant.",
        "Դեռ փնտրում եմ այն, ինչ նախորդ անգամ խնդրեցիք։ Փորձեք մի փոքր ուշ։",
    ),
    Said(
        'Tell me what to look for: `/transcribe search dry cough`, or `/transcribe search "dry cough"` for the exact '
        "words.",
        'Dime qué buscar: `/transcribe search tos seca`, o `/transcribe search "tos seca"` para las palabras exactas.',
        'Dites-moi quoi chercher : `/transcribe search toux sèche`, ou `/transcribe search "toux sèche"` pour les mots '
        "exacts.",
        'Ասեք՝ ինչ փնտրել. `/transcribe search չոր հազ`, կամ `/transcribe search "չոր հազ"`՝ ճշգրիտ բառերի համար։',
    ),
    Said(
        "Said in your conversations: {typed}",
        "Se dijo en tus conversaciones: {typed}",
        "Dit dans vos conversations : {typed}",
        "Ասվել է ձեր զրույցներում՝ {typed}",
    ),
    Said(
        "I did not find {typed} in the recordings of the conversations that both of us are in.",
        "No he encontrado {typed} en las grabaciones de las conversaciones en las que estamos los dos.",
        "Je n'ai pas trouvé {typed} dans les enregistrements des conversations où nous sommes tous les deux.",
        "Չգտա {typed} այն զրույցների ձայնագրություններում, որտեղ երկուսս էլ կանք։",
    ),
    Said("There is nothing older.", "No hay nada anterior.", "Il n'y a rien de plus ancien.", "Ավելի հին բան չկա։"),
    Said(
        "I did not find {typed} in the newest recordings of your conversations. They are stored encrypted, so I search "
        "a limited number at a time.",
        "No he encontrado {typed} en las grabaciones más recientes de tus conversaciones. Están cifradas, "
        "así que busco "
        "en un número limitado cada vez.",
        "Je n'ai pas trouvé {typed} dans les enregistrements les plus récents de vos conversations. Ils sont "
        "chiffrés : "
        "je cherche donc dans un nombre limité à la fois.",
        "Չգտա {typed} ձեր զրույցների վերջին ձայնագրություններում։ Դրանք պահվում են գաղտնագրված, ուստի միանգամից "
        "սահմանափակ քանակ եմ որոնում։",
    ),
    Said("Look further back", "Buscar más atrás", "Chercher plus loin", "Փնտրել ավելի հները"),
    Said(
        "Words are found by their beginning, in titles, summaries and transcripts.",
        "Las palabras se encuentran por su comienzo, en títulos, resúmenes y transcripciones.",
        "Les mots sont trouvés par leur début, dans les titres, les résumés et les transcriptions.",
        "Բառերը գտնվում են ըստ իրենց սկզբի՝ վերնագրերում, ամփոփումներում և վերծանումներում։",
    ),
    Said("Direct message", "Mensaje directo", "Message privé", "Անձնական հաղորդագրություն"),
)
