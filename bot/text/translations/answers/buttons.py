"""What is said to one person alone: about a mention, a direct message, or a pressed button."""

from bot.text.translations.answers.said import Said

BUTTONS = (
    Said(
        "I do not know this button any more: its message is from another version of this app. `/transcribe help` lists "
        "what I can do.",
        "Ya no conozco este botón: su mensaje es de otra versión de esta aplicación. `/transcribe help` enumera lo que "
        "puedo hacer.",
        "Je ne connais plus ce bouton : son message vient d'une autre version de cette application. "
        "`/transcribe help` énumère ce que je sais faire.",
        "Այս կոճակն այլևս չեմ ճանաչում. դրա հաղորդագրությունը հավելվածի այլ տարբերակից է։ `/transcribe help`-ը "
        "թվարկում է, թե ինչ կարող եմ։",
    ),
    Said(
        "Send me a recording or a voice clip here, or forward one, and I will reply in its thread with the transcript. "
        "`/transcribe help` lists what else I can do, and `/transcribe settings` is where you choose service and "
        "language.",
        "Envíame aquí una grabación o una nota de voz, o reenvíame una, y responderé en su hilo con la transcripción. "
        "`/transcribe help` enumera lo que puedo hacer además, y en `/transcribe settings` eliges servicio e idioma.",
        "Envoyez-moi ici un enregistrement ou un message vocal, ou transférez-m'en un : je répondrai dans "
        "son fil avec la "
        "transcription. `/transcribe help` énumère ce que je sais faire d'autre, et `/transcribe settings` sert à "
        "choisir service et langue.",
        "Ուղարկեք ինձ այստեղ ձայնագրություն կամ ձայնային հաղորդագրություն, կամ վերահասցեագրեք, և ես դրա շղթայում "
        "կպատասխանեմ վերծանումով։ `/transcribe help`-ը թվարկում է, թե էլ ինչ կարող եմ, իսկ `/transcribe settings`-ում "
        "ընտրում եք ծառայությունն ու լեզուն։",
    ),
    Said(
        "I can only transcribe audio and video, and this file is neither. Send a recording, for example as MP3, M4A, "
        "WAV, OGG, WebM, FLAC or MP4. `/transcribe help` lists what else I can do.",
        "Solo puedo transcribir audio y vídeo, y este archivo no es ni lo uno ni lo otro. Envía una grabación, por "
        "ejemplo en MP3, M4A, WAV, OGG, WebM, FLAC o MP4. `/transcribe help` enumera lo que puedo hacer además.",
        "Je ne transcris que l'audio et la vidéo, et ce fichier n'est ni l'un ni l'autre. Envoyez un "
        "enregistrement, par "
        "exemple en MP3, M4A, WAV, OGG, WebM, FLAC ou MP4. `/transcribe help` énumère ce que je sais faire d'autre.",
        "Կարող եմ վերծանել միայն աուդիո և վիդեո, իսկ այս ֆայլը ո՛չ մեկն է, ո՛չ մյուսը։ Ուղարկեք "
        "ձայնագրություն, օրինակ՝ "
        "MP3, M4A, WAV, OGG, WebM, FLAC կամ MP4։ `/transcribe help`-ը թվարկում է, թե էլ ինչ կարող եմ։",
    ),
    Said(
        "I transcribe recordings in this channel only on request. Shall I transcribe this one?",
        "En este canal solo transcribo grabaciones a petición. ¿Transcribo esta?",
        "Dans ce canal, je ne transcris que sur demande. Dois-je transcrire celui-ci ?",
        "Այս ալիքում վերծանում եմ միայն խնդրանքով։ Վերծանե՞մ սա։",
    ),
    Said("Transcribe", "Transcribir", "Transcrire", "Վերծանել"),
    Said(
        "I found no recording in this thread. Mention me in the thread of a message that has an audio or video file.",
        "No he encontrado ninguna grabación en este hilo. Mencióname en el hilo de un mensaje que tenga un archivo de "
        "audio o vídeo.",
        "Je n'ai trouvé aucun enregistrement dans ce fil. Mentionnez-moi dans le fil d'un message qui a un "
        "fichier audio "
        "ou vidéo.",
        "Այս շղթայում ձայնագրություն չգտա։ Նշեք ինձ այն հաղորդագրության շղթայում, որն ունի աուդիո կամ վիդեո ֆայլ։",
    ),
    Said(
        "I transcribe recordings, and this message has none. Mention me in the thread of a message that has an audio "
        "or video file. `/transcribe help` lists what else I can do.",
        "Transcribo grabaciones, y este mensaje no tiene ninguna. Mencióname en el hilo de un mensaje que tenga un "
        "archivo de audio o vídeo. `/transcribe help` enumera lo que puedo hacer además.",
        "Je transcris des enregistrements, et ce message n'en a pas. Mentionnez-moi dans le fil d'un message qui a un "
        "fichier audio ou vidéo. `/transcribe help` énumère ce que je sais faire d'autre.",
        "Ես վերծանում եմ ձայնագրություններ, իսկ այս հաղորդագրությունում այդպիսիք չկան։ Նշեք ինձ այն հաղորդագրության "
        "շղթայում, որն ունի աուդիո կամ վիդեո ֆայլ։ `/transcribe help`-ը թվարկում է, թե էլ ինչ կարող եմ։",
    ),
    Said(
        "This message has no audio or video file, so there is nothing to transcribe.",
        "Este mensaje no tiene ningún archivo de audio o vídeo, así que no hay nada que transcribir.",
        "Ce message n'a pas de fichier audio ou vidéo : il n'y a rien à transcrire.",
        "Այս հաղորդագրությունն աուդիո կամ վիդեո ֆայլ չունի, ուստի վերծանելու բան չկա։",
    ),
    Said(
        "On it. The transcript will come in the thread of that message.",
        "En ello. La transcripción llegará al hilo de ese mensaje.",
        "C'est parti. La transcription arrivera dans le fil de ce message.",
        "Սկսում եմ։ Վերծանումը կլինի այդ հաղորդագրության շղթայում։",
    ),
    Said(
        "I am not in this conversation, so I cannot answer here. Type `/invite` to add me, then try again.",
        "No estoy en esta conversación, así que no puedo responder aquí. Escribe `/invite` para añadirme y vuelve a "
        "intentarlo.",
        "Je ne suis pas dans cette conversation et ne peux donc pas répondre ici. Tapez `/invite` pour m'ajouter, puis "
        "réessayez.",
        "Ես այս զրույցում չեմ, ուստի այստեղ պատասխանել չեմ կարող։ Գրեք `/invite`՝ ինձ ավելացնելու համար, և "
        "կրկին փորձեք։",
    ),
    Said(
        "This is a direct message between other people, so I cannot answer here. "
        "Forward the recording to me, or send it to me directly.",
        "Este es un mensaje directo entre otras personas, así que no puedo responder aquí. "
        "Reenvíame la grabación o envíamela directamente.",
        "C'est un message privé entre d'autres personnes ; je ne peux donc pas répondre ici. "
        "Transférez-moi l'enregistrement ou envoyez-le-moi directement.",
        "Սա ուրիշների անձնական զրույց է, ուստի այստեղ պատասխանել չեմ կարող։ "
        "Վերահասցեագրեք ձայնագրությունն ինձ կամ ուղարկեք ուղիղ ինձ։",
    ),
    Said(
        "I have the transcript of your recording from <#{channel}>, but Slack does not let me post there. "
        "When I am in the channel and may post, type `/transcribe retry {job}`: nothing is billed twice.",
        "Tengo la transcripción de tu grabación de <#{channel}>, pero Slack no me deja publicar allí. "
        "Cuando esté en el canal y pueda publicar, escribe `/transcribe retry {job}`: nada se cobra dos veces.",
        "J'ai la transcription de votre enregistrement de <#{channel}>, mais Slack ne me laisse pas publier là-bas. "
        "Quand je serai dans le canal et pourrai publier, tapez `/transcribe retry {job}` : rien n'est "
        "facturé deux fois.",
        "<#{channel}> ալիքի ձեր ձայնագրության վերծանումը ունեմ, բայց Slack-ը թույլ չի տալիս այնտեղ գրել։ "
        "Երբ լինեմ ալիքում և կարողանամ գրել, մուտքագրեք `/transcribe retry {job}`. կրկնակի վճար չի լինի։",
    ),
    Said(
        "You are not in the conversation of this transcript any more, so I cannot do that for you.",
        "Ya no estás en la conversación de esta transcripción, así que no puedo hacerlo por ti.",
        "Vous n'êtes plus dans la conversation de cette transcription ; je ne peux donc pas le faire pour vous.",
        "Դուք այլևս չեք այս վերծանման զրույցում, ուստի դա ձեզ համար անել չեմ կարող։",
    ),
    Said(
        "This transcript is not stored any more: somebody deleted it, or its retention time is over.",
        "Esta transcripción ya no está guardada: alguien la borró o ha vencido su plazo de conservación.",
        "Cette transcription n'est plus conservée : quelqu'un l'a supprimée, ou sa durée de conservation est écoulée.",
        "Այս վերծանումն այլևս պահված չէ. ինչ-որ մեկը ջնջել է, կամ պահպանման ժամկետն անցել է։",
    ),
    Said(
        "Slack does not answer me at the moment. Please try again in a minute.",
        "Slack no me responde en este momento. Vuelve a intentarlo en un minuto.",
        "Slack ne me répond pas pour le moment. Réessayez dans une minute.",
        "Այս պահին Slack-ն ինձ չի պատասխանում։ Փորձեք կրկին մեկ րոպեից։",
    ),
    Said(
        "I cannot find this transcript; it may be from another installation of this app.",
        "No encuentro esta transcripción; puede ser de otra instalación de esta aplicación.",
        "Je ne trouve pas cette transcription ; elle vient peut-être d'une autre installation de cette application.",
        "Այս վերծանումը չեմ գտնում. գուցե այն այս հավելվածի մեկ այլ տեղակայումից է։",
    ),
    Said(
        "The {format} file is in this thread already: <{link}|{name}>.",
        "El archivo {format} ya está en este hilo: <{link}|{name}>.",
        "Le fichier {format} est déjà dans ce fil : <{link}|{name}>.",
        "{format} ֆայլն արդեն այս շղթայում է՝ <{link}|{name}>։",
    ),
    Said(
        "This transcript has no times, so it cannot become a {format} file. "
        "Choose TXT, DOCX or JSON, or transcribe it again with a service that gives times.",
        "Esta transcripción no tiene tiempos, así que no puede ser un archivo {format}. "
        "Elige TXT, DOCX o JSON, o transcríbela otra vez con un servicio que dé tiempos.",
        "Cette transcription n'a pas de minutage et ne peut donc pas devenir un fichier {format}. "
        "Choisissez TXT, DOCX ou JSON, ou transcrivez à nouveau avec un service qui donne le minutage.",
        "Այս վերծանումը ժամանակներ չունի, ուստի չի կարող դառնալ {format} ֆայլ։ "
        "Ընտրեք TXT, DOCX կամ JSON, կամ վերծանեք նորից՝ ժամանակներ տվող ծառայությամբ։",
    ),
    Said(
        "Slack does not let me share this file here. The text of the transcript is in this thread.",
        "Slack no me deja compartir este archivo aquí. El texto de la transcripción está en este hilo.",
        "Slack ne me laisse pas partager ce fichier ici. Le texte de la transcription est dans ce fil.",
        "Slack-ը թույլ չի տալիս այս ֆայլն այստեղ կիսվել։ Վերծանման տեքստն այս շղթայում է։",
    ),
    Said(
        "The speakers are renamed; the reply follows in a moment.",
        "Los hablantes tienen sus nombres; la respuesta se actualiza enseguida.",
        "Les locuteurs sont renommés ; la réponse suit dans un instant.",
        "Խոսնակներն անվանված են. պատասխանը կթարմանա մի պահից։",
    ),
    Said(
        "The names are as they were before; the reply follows in a moment.",
        "Los nombres son otra vez los de antes; la respuesta se actualiza enseguida.",
        "Les noms sont redevenus ceux d'avant ; la réponse suit dans un instant.",
        "Անունները նախկինն են. պատասխանը կթարմանա մի պահից։",
    ),
    Said(
        "The names have changed since then, so there is nothing to undo here.",
        "Los nombres han cambiado desde entonces, así que aquí no hay nada que deshacer.",
        "Les noms ont changé depuis ; il n'y a donc rien à annuler ici.",
        "Անուններն այդ ժամանակից փոխվել են, ուստի այստեղ հետարկելու բան չկա։",
    ),
    Said("Undo", "Deshacer", "Annuler", "Հետարկել"),
    Said(
        "Only the user who shared the recording, the owner of its file or a workspace admin can delete its transcript. "
        "Ask one of them.",
        "Solo quien compartió la grabación, el propietario de su archivo o un administrador del espacio de "
        "trabajo puede "
        "borrar su transcripción. Pídeselo a uno de ellos.",
        "Seuls la personne qui a partagé l'enregistrement, le propriétaire de son fichier ou un administrateur de "
        "l'espace de travail peuvent supprimer sa transcription. Demandez à l'un d'eux.",
        "Վերծանումը կարող են ջնջել միայն ձայնագրությունը տեղադրողը, ֆայլի սեփականատերը կամ աշխատատարածքի "
        "ադմինիստրատորը։ Խնդրեք նրանցից մեկին։",
    ),
)
