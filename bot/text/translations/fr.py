"""French."""

from collections.abc import Mapping

from bot.domain.errors import ProblemCode
from bot.text.durations import Units
from bot.text.phrases import Phrases

PROBLEMS: Mapping[ProblemCode, str] = {
    ProblemCode.NOT_AUDIO: "Ce fichier n’est pas un son ou une vidéo que je sais lire. "
    "Envoyez un enregistrement, par exemple en MP3, M4A, WAV, OGG, WebM, FLAC ou MP4.",
    ProblemCode.EMPTY_FILE: "Ce fichier est vide. Enregistrez-le ou exportez-le de nouveau, puis renvoyez-le.",
    ProblemCode.CORRUPT: "Ce fichier est endommagé et ne peut pas être lu. "
    "Exportez-le de nouveau, de préférence en MP3 ou M4A, puis renvoyez-le.",
    ProblemCode.NO_AUDIO_TRACK: "Cette vidéo n’a pas de son : il n’y a rien à transcrire. "
    "Envoyez un enregistrement qui contient du son.",
    ProblemCode.PROTECTED: "Ce fichier est protégé contre la copie (DRM) et je ne peux pas le lire. "
    "Envoyez un enregistrement sans protection.",
    ProblemCode.TOO_LARGE: "Ce fichier est trop volumineux[ : il fait {size_mb} Mo et la limite est de "
    "{limit_mb} Mo]. Envoyez-le en MP3 à un débit plus faible (64 kbit/s suffisent pour la voix) ou en plusieurs "
    "parties.",
    ProblemCode.TOO_LONG: "Cet enregistrement est trop long[ : il dure {minutes} minutes et la limite est de "
    "{limit_minutes} minutes]. Découpez-le en parties plus courtes et envoyez-les.",
    ProblemCode.NOT_CONVERTIBLE: "Je n’ai pas pu convertir cet enregistrement[ ({format})] "
    "dans un format transcriptible. Envoyez-le en MP3 ou M4A.",
    ProblemCode.LOGIN_PAGE: "Slack ne m’a pas remis ce fichier : il manque à l’application l’autorisation files:read. "
    "Demandez à la personne qui gère l’application de l’ajouter, puis réessayez.",
    ProblemCode.FILE_WITHHELD: "Slack ne m’a pas remis ce fichier et ne dit pas pourquoi. "
    "Réessayez dans quelques minutes ; si cela échoue encore, envoyez le fichier de nouveau.",
    ProblemCode.FILE_NOT_VISIBLE: "Slack ne me laisse pas lire ce fichier : l’organisation ou la conversation dont il "
    "provient ne le partage pas avec moi. Téléchargez-le, puis envoyez-le ici.",
    ProblemCode.FILE_GONE: "Ce fichier a été supprimé de Slack avant que je puisse le lire. "
    "Envoyez-le de nouveau si vous voulez toujours une transcription.",
    ProblemCode.FILE_EXTERNAL: "Ce fichier est conservé hors de Slack (dans Google Drive ou Box, par exemple), "
    "où je ne peux pas le lire. Téléchargez-le, puis envoyez-le ici.",
    ProblemCode.FILE_HIDDEN: "Slack masque ce fichier parce que l’espace de travail a atteint la limite de son "
    "forfait. Envoyez le fichier de nouveau ou adressez-vous à un administrateur.",
    ProblemCode.TRANSCRIPT_GONE: "La transcription a été supprimée avant que je puisse la publier : par "
    "l’administrateur de l’application, ou en raison de son âge. Envoyez l’enregistrement de nouveau si vous la voulez "
    "toujours.",
    ProblemCode.FILE_CHANGED: "Ce que Slack a livré ne correspond pas au fichier annoncé ; je ne l’ai donc pas "
    "utilisé. Réessayez dans une minute ; si cela échoue encore, envoyez le fichier de nouveau.",
    ProblemCode.NO_SUCH_PROVIDER: "{provider} n’est pas configuré ici. Choisissez un autre service dans "
    "/transcribe settings ou demandez à la personne qui gère l’application de le configurer.",
    ProblemCode.PROVIDER_NOT_ALLOWED: "Les enregistrements de ce canal ne peuvent pas être envoyés à {provider} : "
    "la personne qui gère l’application l’a restreint. Choisissez un autre service dans /transcribe settings, "
    "puis réessayez.",
    ProblemCode.NEEDS_PUBLIC_URL: "{provider} doit télécharger l’enregistrement depuis cette application, "
    "mais elle n’a pas d’adresse publique. Demandez à la personne qui la gère de définir PUBLIC_URL, "
    "ou choisissez un autre service dans /transcribe settings.",
    ProblemCode.LANGUAGE_UNSUPPORTED: "{provider} ne propose pas cette langue[ ({language})]. "
    "Choisissez une autre langue ou un autre service dans /transcribe settings, puis réessayez.",
    ProblemCode.PROVIDER_REFUSED: "{provider} a refusé cet enregistrement[ (message : {detail})]. "
    "Vérifiez l’enregistrement ou choisissez un autre service dans /transcribe settings, puis réessayez.",
    ProblemCode.PROVIDER_FAILED: "{provider} n’a pas pu transcrire cet enregistrement[ (message : {detail})]. "
    "Réessayez ; si cela échoue encore, choisissez un autre service dans /transcribe settings.",
    ProblemCode.PROVIDER_DOWN: "{provider} est injoignable pour le moment, ou saturé. "
    "Votre enregistrement est à l’abri dans Slack ; réessayez plus tard.",
    ProblemCode.DEADLINE: "{provider} n’a donné aucun résultat[ en {minutes} minutes] ; j’ai cessé d’attendre. "
    "Réessayez : je demanderai d’abord le résultat de l’enregistrement déjà transmis.",
    ProblemCode.ENGINE_CRASHED: "Le moteur vocal s’est arrêté de façon inattendue sur cet enregistrement, plus d’une "
    "fois. Réessayez ou envoyez-le en parties plus courtes.",
    ProblemCode.NO_SPACE: "L’ordinateur qui exécute cette application n’a plus d’espace disque. "
    "Demandez à la personne qui la gère d’en libérer, puis réessayez.",
    ProblemCode.BOT_FAILED: "Je n’ai pas pu traiter cet enregistrement à cause d’une erreur de ma part, "
    "et non de l’enregistrement. Réessayez plus tard ; si cela échoue encore, demandez à la personne qui gère "
    "cette application de consulter son journal.",
}

PHRASES = Phrases(
    locale="fr",
    looking="examen du fichier",
    in_line="en attente, {count} devant",
    preparing="préparation",
    uploading="envoi à {provider}",
    share="{doing} {percent} %",
    trying_again="{doing} (nouvel essai)",
    transcribing="transcription en cours",
    left="{doing}, encore {time} environ",
    left_soon="{doing}, encore moins d’une minute",
    writing="rédaction de la transcription",
    paused="en pause : le responsable de l’application doit réparer {what} ; je reprendrai automatiquement",
    connection="la connexion à Slack",
    done="terminé",
    failed="échec",
    cancelled_short="annulé",
    deleted_short="supprimé",
    batch="{count} enregistrements : {parts}",
    cancel="Annuler",
    cancel_all="Tout annuler",
    transcript="Transcription",
    clip="Message vocal",
    clip_from="Message vocal de {user}",
    of="Transcription : {title}",
    version="Version {number}",
    summary="Résumé",
    highlights="Points clés",
    speakers="{count} voix",
    by="par {provider}",
    took="en {time}",
    file_follows="La transcription entière suit dans ce fil.",
    file_also="Le texte complet suit dans ce fil.",
    part="Transcription, partie {part} sur {parts}",
    no_speech="Je n’ai entendu aucune parole dans cet enregistrement.",
    speech_unclear="J’ai entendu parler dans cet enregistrement, mais je n’ai pas pu distinguer de mots. "
    "Si la langue choisie n’était pas la bonne, transcrivez-le de nouveau dans une autre.",
    unclear_part="[{start}-{end} : paroles que je n’ai pas pu comprendre]",
    unclear_share="{time} de paroles incomprises",
    language_unsure="Je ne suis pas sûr de la langue : {language} ?",
    cancelled="Annulé ; rien n’a été transcrit.",
    cancelled_by="Annulé par {user} ; rien n’a été transcrit.",
    file_deleted="Le fichier a été supprimé, je me suis donc arrêté.",
    erased="La transcription a été supprimée sur demande.",
    try_again="Réessayer",
    again_by="{user} m’a demandé de réessayer.",
    tries="{count} essais, le dernier {moment}",
    download="Télécharger",
    rename="Nommer les voix",
    again="Transcrire à nouveau",
    delete="Supprimer",
    delete_title="Supprimer ?",
    delete_text="La réponse, ses fichiers et tout ce qui en est conservé disparaissent pour tous. "
    "L’enregistrement reste.",
    keep="Garder",
    local_engine="le moteur local",
    some_service="le service de transcription",
    units=Units("j", "h", "min", "s"),
)
