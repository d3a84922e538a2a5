"""Spanish."""

from collections.abc import Mapping

from bot.domain.errors import ProblemCode
from bot.text.durations import Units
from bot.text.phrases import Phrases

PROBLEMS: Mapping[ProblemCode, str] = {
    ProblemCode.NOT_AUDIO: "Este archivo no es un audio ni un vídeo que pueda leer. "
    "Envía una grabación, por ejemplo en MP3, M4A, WAV, OGG, WebM, FLAC o MP4.",
    ProblemCode.EMPTY_FILE: "Este archivo está vacío. Vuelve a grabarlo o a exportarlo y envíalo de nuevo.",
    ProblemCode.CORRUPT: "Este archivo está dañado y no se puede reproducir. "
    "Expórtalo otra vez, mejor en MP3 o M4A, y envíalo de nuevo.",
    ProblemCode.NO_AUDIO_TRACK: "Este vídeo no tiene sonido, así que no hay nada que transcribir. "
    "Envía una grabación con sonido.",
    ProblemCode.PROTECTED: "Este archivo está protegido contra copia (DRM) y no puedo leerlo. "
    "Envía una grabación sin protección.",
    ProblemCode.TOO_LARGE: "Este archivo es demasiado grande[: ocupa {size_mb} MB y el límite es de {limit_mb} MB]. "
    "Envíalo en MP3 con menor tasa de bits (64 kbit/s bastan para la voz) o por partes.",
    ProblemCode.TOO_LONG: "Esta grabación es demasiado larga[: dura {minutes} minutos "
    "y el límite es de {limit_minutes} minutos]. Córtala en partes más cortas y envíalas.",
    ProblemCode.NOT_CONVERTIBLE: "No he podido convertir esta grabación[ ({format})] "
    "a un formato que se pueda transcribir. Envíala en MP3 o M4A.",
    ProblemCode.LOGIN_PAGE: "Slack no me ha entregado este archivo: a la aplicación le falta el permiso files:read. "
    "Pide a quien la administra que lo añada y vuelve a intentarlo.",
    ProblemCode.FILE_WITHHELD: "Slack no me ha entregado este archivo y no dice por qué. "
    "Vuelve a intentarlo dentro de unos minutos; si tampoco funciona, súbelo otra vez.",
    ProblemCode.FILE_NOT_VISIBLE: "Slack no me deja leer este archivo: la organización o la conversación de la que "
    "procede no lo comparte conmigo. Descárgalo y súbelo aquí.",
    ProblemCode.FILE_GONE: "Este archivo se borró de Slack antes de que pudiera leerlo. "
    "Súbelo otra vez si todavía quieres la transcripción.",
    ProblemCode.FILE_EXTERNAL: "Este archivo está guardado fuera de Slack (por ejemplo, en Google Drive o Box), "
    "donde no puedo leerlo. Descárgalo y súbelo aquí.",
    ProblemCode.FILE_HIDDEN: "Slack oculta este archivo porque el espacio de trabajo ha llegado al límite de su plan. "
    "Sube el archivo otra vez o pregunta a un administrador.",
    ProblemCode.TRANSCRIPT_GONE: "La transcripción se borró antes de que pudiera publicarla: lo hizo quien administra "
    "la aplicación o fue por su antigüedad. Sube la grabación otra vez si todavía la quieres.",
    ProblemCode.FILE_CHANGED: "Lo que Slack ha entregado no coincide con el archivo que anunció, "
    "así que no lo he usado. Vuelve a intentarlo en un minuto; si falla otra vez, sube el archivo de nuevo.",
    ProblemCode.NO_SUCH_PROVIDER: "{provider} no está configurado aquí. "
    "Elige otro servicio en /transcribe settings o pide a quien administra la aplicación que lo configure.",
    ProblemCode.PROVIDER_NOT_ALLOWED: "Las grabaciones de este canal no pueden enviarse a {provider}: quien administra "
    "la aplicación lo ha restringido. Elige otro servicio en /transcribe settings e inténtalo de nuevo.",
    ProblemCode.NEEDS_PUBLIC_URL: "{provider} tiene que descargar la grabación desde esta aplicación, "
    "pero la aplicación no tiene una dirección pública. Pide a quien la administra que defina PUBLIC_URL "
    "o elige otro servicio en /transcribe settings.",
    ProblemCode.LANGUAGE_UNSUPPORTED: "{provider} no ofrece este idioma[ ({language})]. "
    "Elige otro idioma u otro servicio en /transcribe settings y vuelve a intentarlo.",
    ProblemCode.PROVIDER_REFUSED: "{provider} ha rechazado esta grabación[ (dice: {detail})]. "
    "Comprueba la grabación o elige otro servicio en /transcribe settings y vuelve a intentarlo.",
    ProblemCode.PROVIDER_FAILED: "{provider} no ha podido transcribir esta grabación[ (dice: {detail})]. "
    "Vuelve a intentarlo; si falla otra vez, elige otro servicio en /transcribe settings.",
    ProblemCode.PROVIDER_DOWN: "{provider} no está accesible en este momento, o está saturado. "
    "Tu grabación sigue a salvo en Slack; vuelve a intentarlo más tarde.",
    ProblemCode.DEADLINE: "{provider} no ha dado ningún resultado[ en {minutes} minutos], así que dejé de esperar. "
    "Vuelve a intentarlo: primero pediré el resultado de la grabación que ya tiene.",
    ProblemCode.ENGINE_CRASHED: "El motor de voz se ha detenido inesperadamente con esta grabación, más de una vez. "
    "Vuelve a intentarlo o envíala en partes más cortas.",
    ProblemCode.NO_SPACE: "El equipo que ejecuta esta aplicación no tiene espacio libre en el disco. "
    "Pide a quien la administra que libere espacio y vuelve a intentarlo.",
    ProblemCode.BOT_FAILED: "No pude procesar esta grabación por un error mío, no de la grabación. "
    "Vuelve a intentarlo más tarde; si falla otra vez, pide a quien administra esta aplicación que revise su registro.",
}

PHRASES = Phrases(
    locale="es",
    looking="mirando el archivo",
    in_line="en cola, {count} por delante",
    preparing="preparando",
    uploading="subiendo a {provider}",
    share="{doing} {percent} %",
    trying_again="{doing} (otro intento)",
    transcribing="transcribiendo",
    left="{doing}, falta aproximadamente {time}",
    left_soon="{doing}, falta menos de un minuto",
    writing="escribiendo la transcripción",
    paused="en pausa: quien administra la aplicación tiene que arreglar {what}; seguiré automáticamente",
    connection="la conexión con Slack",
    done="lista",
    failed="fallida",
    cancelled_short="cancelada",
    deleted_short="borrada",
    batch="{count} grabaciones: {parts}",
    cancel="Cancelar",
    cancel_all="Cancelar todo",
    transcript="Transcripción",
    clip="Nota de voz",
    clip_from="Nota de voz de {user}",
    of="Transcripción: {title}",
    version="Versión {number}",
    summary="Resumen",
    highlights="Lo más destacado",
    speakers="{count} hablantes",
    by="por {provider}",
    took="tardó {time}",
    file_follows="La transcripción completa sigue en este hilo.",
    file_also="El texto completo sigue en este hilo.",
    part="Transcripción, parte {part} de {parts}",
    no_speech="No he oído ninguna voz en esta grabación.",
    speech_unclear="He oído hablar en esta grabación, pero no he podido distinguir palabras. "
    "Si el idioma elegido no era el correcto, transcríbela otra vez en otro.",
    unclear_part="[{start}-{end}: voz que no he podido entender]",
    unclear_share="{time} de voz sin entender",
    language_unsure="No estoy seguro del idioma: ¿{language}?",
    cancelled="Cancelada; no se ha transcrito nada.",
    cancelled_by="Cancelada por {user}; no se ha transcrito nada.",
    file_deleted="El archivo se ha borrado, así que me he detenido.",
    erased="La transcripción se ha borrado a petición.",
    try_again="Reintentar",
    again_by="{user} me ha pedido otro intento.",
    tries="{count} intentos, el último {moment}",
    download="Descargar",
    rename="Nombrar hablantes",
    again="Transcribir de nuevo",
    delete="Borrar",
    delete_title="¿Borrar la transcripción?",
    delete_text="La respuesta, sus archivos y todo lo guardado desaparecen para todos. La grabación se queda.",
    keep="Conservar",
    local_engine="el motor local",
    some_service="el servicio de transcripción",
    units=Units("d", "h", "min", "s"),
)
