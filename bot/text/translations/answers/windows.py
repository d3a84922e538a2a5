"""The windows behind a reply's buttons: download, rename speakers, transcribe again, delete. Titles: 24 characters."""

from bot.text.translations.answers.said import Said

WINDOWS = (
    Said(
        "Slack answers slowly at the moment, so nothing was changed. Please press the button again.",
        "Slack responde despacio en este momento, así que no se ha cambiado nada. Pulsa otra vez el botón.",
        "Slack répond lentement pour le moment ; rien n'a été changé. Appuyez de nouveau sur le bouton.",
        "Այս պահին Slack-ը դանդաղ է պատասխանում, ուստի ոչինչ չի փոխվել։ Նորից սեղմեք կոճակը։",
    ),
    Said("Download", "Descargar", "Télécharger", "Ներբեռնել"),
    Said(
        "The transcript is added to this thread as a file, for everybody who can read the thread.",
        "La transcripción se añade a este hilo como archivo, para todos los que pueden leer el hilo.",
        "La transcription est ajoutée à ce fil comme fichier, pour tous ceux qui peuvent lire le fil.",
        "Վերծանումն ավելացվում է այս շղթային որպես ֆայլ՝ բոլորի համար, ովքեր կարող են կարդալ շղթան։",
    ),
    Said("Add file", "Añadir archivo", "Ajouter le fichier", "Ավելացնել ֆայլը"),
    Said("Format", "Formato", "Type de fichier", "Ձևաչափ"),
    Said("Rename speakers", "Nombrar hablantes", "Nommer les locuteurs", "Անվանել խոսնակներին"),
    Said(
        "Who is who? The names go into the transcript, its title and summary, and every file of it in this thread. "
        "An empty field brings the original label back.",
        "¿Quién es quién? Los nombres van a la transcripción, a su título y resumen, y a cada archivo suyo "
        "de este hilo. "
        "Un campo vacío recupera la etiqueta original.",
        "Qui est qui ? Les noms vont dans la transcription, son titre et son résumé, et dans chacun de ses "
        "fichiers de ce "
        "fil. Un champ vide rétablit le nom d'origine.",
        "Ո՞վ ով է։ Անունները կգրվեն վերծանման, դրա վերնագրի, ամփոփման և այս շղթայի բոլոր ֆայլերի մեջ։ "
        "Դատարկ դաշտը վերականգնում է սկզբնական պիտակը։",
    ),
    Said("Rename", "Guardar", "Enregistrer", "Անվանել"),
    Said(
        "Only the first {count} speakers can be named here.",
        "Aquí solo se pueden nombrar los primeros {count} hablantes.",
        "Seuls les {count} premiers locuteurs peuvent être nommés ici.",
        "Այստեղ կարելի է անվանել միայն առաջին {count} խոսնակներին։",
    ),
    Said(
        "A name has at most {limit} characters.",
        "Un nombre tiene como máximo {limit} caracteres.",
        "Un nom a au plus {limit} caractères.",
        "Անունը կարող է ունենալ առավելագույնը {limit} նիշ։",
    ),
    Said(
        "A name needs letters or digits.",
        "Un nombre necesita letras o cifras.",
        "Un nom contient des lettres ou des chiffres.",
        "Անունը պետք է տառեր կամ թվանշաններ ունենա։",
    ),
    Said(
        "Somebody else named the speakers in the meantime. Close this window and open it again.",
        "Mientras tanto, otra persona ha nombrado a los hablantes. Cierra esta ventana y ábrela otra vez.",
        "Quelqu'un d'autre a nommé les locuteurs entre-temps. Fermez cette fenêtre et rouvrez-la.",
        "Այդ ընթացքում մեկ ուրիշն անվանել է խոսնակներին։ Փակեք այս պատուհանը և նորից բացեք։",
    ),
    Said(
        "This transcript does not tell speakers apart, so there are no names to change.",
        "Esta transcripción no distingue a los hablantes, así que no hay nombres que cambiar.",
        "Cette transcription ne distingue pas les locuteurs : il n'y a pas de noms à changer.",
        "Այս վերծանումը խոսնակներին չի տարբերում, ուստի փոխելու անուններ չկան։",
    ),
    Said("Transcribe again", "Transcribir de nuevo", "Transcrire à nouveau", "Վերծանել նորից"),
    Said(
        "The new version comes as another reply in this thread; this one stays. "
        "A service that bills by the minute bills the recording again.",
        "La nueva versión llega como otra respuesta en este hilo; esta se queda. "
        "Un servicio que cobra por minutos cobra otra vez la grabación.",
        "La nouvelle version arrive comme une autre réponse dans ce fil ; celle-ci reste. "
        "Un service qui facture à la minute facture de nouveau l'enregistrement.",
        "Նոր տարբերակը կլինի մեկ այլ պատասխան այս շղթայում. սա կմնա։ "
        "Րոպեներով վճարվող ծառայությունը նորից կհաշվարկի ձայնագրությունը։",
    ),
    Said("Start", "Empezar", "Démarrer", "Սկսել"),
    Said("Service", "Servicio", "Service utilisé", "Ծառայություն"),
    Said("Language", "Idioma", "Langue", "Լեզու"),
    Said("Recording", "Grabación", "Enregistrement", "Ձայնագրություն"),
    Said("Detect automatically", "Detectar automáticamente", "Détecter automatiquement", "Որոշել ինքնաբերաբար"),
    Said("As usual", "Como siempre", "Comme d'habitude", "Ինչպես միշտ"),
    Said(
        "There is already a transcript with these settings in this thread. Choose another service or language.",
        "Ya hay en este hilo una transcripción con estos ajustes. Elige otro servicio u otro idioma.",
        "Il y a déjà dans ce fil une transcription avec ces réglages. Choisissez un autre service ou une autre langue.",
        "Այս շղթայում արդեն կա այս կարգավորումներով վերծանում։ Ընտրեք այլ ծառայություն կամ լեզու։",
    ),
    Said(
        "It is being transcribed with these settings at the moment.",
        "En este momento se está transcribiendo con estos ajustes.",
        "Elle est en cours de transcription avec ces réglages.",
        "Այս պահին վերծանվում է այս կարգավորումներով։",
    ),
    Said(
        "The recordings of this channel go to another service. Only those who may change the channel's settings can "
        "choose a different one; ask one of them, or choose the service of the channel.",
        "Las grabaciones de este canal van a otro servicio. Solo quienes pueden cambiar los ajustes del canal pueden "
        "elegir otro distinto; pídeselo a uno de ellos o elige el servicio del canal.",
        "Les enregistrements de ce canal vont à un autre service. Seuls ceux qui peuvent changer les réglages du canal "
        "peuvent en choisir un différent ; demandez à l'un d'eux, ou choisissez le service du canal.",
        "Այս ալիքի ձայնագրություններն այլ ծառայություն են գնում։ Ուրիշը կարող են ընտրել միայն նրանք, ովքեր կարող են "
        "փոխել ալիքի կարգավորումները. խնդրեք նրանցից մեկին կամ ընտրեք ալիքի ծառայությունը։",
    ),
    Said(
        "Recordings of this channel may not go to this service: the app's administrator has restricted it.",
        "Las grabaciones de este canal no pueden enviarse a este servicio: quien administra la aplicación lo ha "
        "restringido.",
        "Les enregistrements de ce canal ne peuvent pas aller à ce service : l'administrateur de l'application l'a "
        "restreint.",
        "Այս ալիքի ձայնագրությունները չեն կարող գնալ այս ծառայություն. հավելվածի պատասխանատուն սահմանափակել է։",
    ),
    Said(
        "This service is not set up any more. Choose another one.",
        "Este servicio ya no está configurado. Elige otro.",
        "Ce service n'est plus configuré. Choisissez-en un autre.",
        "Այս ծառայությունն այլևս կարգավորված չէ։ Ընտրեք մեկ ուրիշը։",
    ),
    Said("Delete transcript", "Borrar transcripción", "Supprimer", "Ջնջել վերծանումը"),
    Said(
        "The reply, its files and everything that is stored of it are deleted for everybody. The recording "
        "itself stays.",
        "La respuesta, sus archivos y todo lo guardado se borran para todos. La grabación se queda.",
        "La réponse, ses fichiers et tout ce qui en est conservé sont supprimés pour tous. L'enregistrement reste.",
        "Պատասխանը, դրա ֆայլերը և պահված ամեն ինչ կջնջվեն բոլորի համար։ Ձայնագրությունը կմնա։",
    ),
    Said("Delete", "Borrar", "Supprimer", "Ջնջել"),
    Said("One moment…", "Un momento…", "Un instant…", "Մի պահ…"),
    Said("Close", "Cerrar", "Fermer", "Փակել"),
    Said("Cancel", "Cancelar", "Annuler", "Չեղարկել"),
)
