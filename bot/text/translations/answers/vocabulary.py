"""Names, jargon and replacements: in the settings window and by command."""

from bot.text.translations.answers.said import Said

VOCABULARY = (
    Said(
        "Names and jargon of this channel",
        "Nombres y jerga de este canal",
        "Noms et jargon de ce canal",
        "Այս ալիքի անուններն ու մասնագիտական բառերը",
    ),
    Said(
        "Names and jargon of the whole workspace",
        "Nombres y jerga de todo el espacio de trabajo",
        "Noms et jargon de tout l'espace de travail",
        "Ամբողջ աշխատանքային տարածքի անուններն ու մասնագիտական բառերը",
    ),
    Said("Hakobyan, amoxicillin", "Hakobyan, amoxicilina", "Hakobyan, amoxicilline", "Հակոբյան, ամօքսիցիլին"),
    Said(
        "One a line, or separated by commas. A line like “a mocks a sillin -> amoxicillin” replaces what is heard in "
        "every transcript.",
        "Uno por línea o separados por comas. Una línea como “a mochila lina -> amoxicilina” sustituye lo que se oye "
        "en todas las transcripciones.",
        "Un par ligne, ou séparés par des virgules. Une ligne comme “à moque si line -> amoxicilline” remplace ce qui "
        "est entendu dans toutes les transcriptions.",
        "Ամեն տողում մեկը, կամ ստորակետներով։ “ա մոկսի ցիլին -> ամօքսիցիլին” նման տողը փոխարինում է լսվածը բոլոր "
        "վերծանումներում։",
    ),
    Said(
        "For every channel. You see this field because you are a workspace admin.",
        "Para todos los canales. Ves este campo porque administras el espacio de trabajo.",
        "Pour tous les canaux. Vous voyez ce champ car vous administrez l'espace de travail.",
        "Բոլոր ալիքների համար։ Տեսնում եք այս դաշտը, քանի որ աշխատանքային տարածքի ադմինիստրատոր եք։",
    ),
    Said(
        "For the whole workspace also: {entries}.",
        "Para todo el espacio de trabajo, también: {entries}.",
        "Pour tout l'espace de travail, aussi : {entries}.",
        "Ամբողջ աշխատանքային տարածքի համար՝ նաև {entries}։",
    ),
    Said(
        "{service} is given up to {count} of these words; those that matter most are the last ones of the channel.",
        "{service} recibe hasta {count} de estas palabras; las que más cuentan son las últimas del canal.",
        "{service} reçoit jusqu'à {count} de ces mots ; ceux qui comptent le plus sont les derniers du canal.",
        "{service} ծառայությանը տրվում է այս բառերից մինչև {count}-ը. ամենակարևորն ալիքի վերջիններն են։",
    ),
    Said(
        "{service} takes {count} words, so it is not given: {entries}.",
        "{service} admite {count} palabras, así que no recibe: {entries}.",
        "{service} accepte {count} mots ; il ne reçoit donc pas : {entries}.",
        "{service} ծառայությունն ընդունում է {count} բառ, ուստի չեն տրվում՝ {entries}։",
    ),
    Said(
        "{service} takes no names and jargon. Replacements are made in its transcripts, too.",
        "{service} no admite nombres ni jerga. Las sustituciones se hacen también en sus transcripciones.",
        "{service} n'accepte ni noms ni jargon. Les remplacements se font aussi dans ses transcriptions.",
        "{service} ծառայությունը անուններ և մասնագիտական բառեր չի ընդունում։ Փոխարինումները կատարվում են նաև դրա "
        "վերծանումներում։",
    ),
    Said(
        "Somebody has changed this list meanwhile. Close this window, open it again and enter it once more.",
        "Mientras tanto, alguien ha cambiado esta lista. Cierra esta ventana, ábrela otra vez y vuelve a escribirla.",
        "Quelqu'un a changé cette liste entre-temps. Fermez cette fenêtre, rouvrez-la et saisissez-la de nouveau.",
        "Այդ ընթացքում մեկ ուրիշը փոխել է այս ցանկը։ Փակեք այս պատուհանը, նորից բացեք և նորից մուտքագրեք։",
    ),
    Said(
        "No names and jargon are set for this channel. Add some: `/transcribe words add Hakobyan, amoxicillin`",
        "Este canal no tiene nombres ni jerga. Añade algunos: `/transcribe words add Hakobyan, amoxicilina`",
        "Ce canal n'a ni noms ni jargon. Ajoutez-en : `/transcribe words add Hakobyan, amoxicilline`",
        "Այս ալիքն անուններ և մասնագիտական բառեր չունի։ Ավելացրեք՝ `/transcribe words add Հակոբյան, ամօքսիցիլին`",
    ),
    Said(
        "*Names and jargon of this channel*",
        "*Nombres y jerga de este canal*",
        "*Noms et jargon de ce canal*",
        "*Այս ալիքի անուններն ու մասնագիտական բառերը*",
    ),
    Said(
        "*Names and jargon of the whole workspace*",
        "*Nombres y jerga de todo el espacio de trabajo*",
        "*Noms et jargon de tout l'espace de travail*",
        "*Ամբողջ աշխատանքային տարածքի անուններն ու մասնագիտական բառերը*",
    ),
    Said("*Replaced*", "*Sustituciones*", "*Remplacements*", "*Փոխարինումներ*"),
    Said(
        '`/transcribe words add NAME, NAME`, `words remove NAME`, `words replace "as heard" "as written"`. '
        "`words workspace add NAME` is for every channel, and for workspace admins.",
        '`/transcribe words add NAME, NAME`, `words remove NAME`, `words replace "lo que se oye" "lo que se escribe"`. '
        "`words workspace add NAME` es para todos los canales y para administradores del espacio de trabajo.",
        '`/transcribe words add NAME, NAME`, `words remove NAME`, `words replace "entendu" "écrit"`. '
        "`words workspace add NAME` vaut pour tous les canaux et est réservé aux administrateurs de l'espace de "
        "travail.",
        '`/transcribe words add NAME, NAME`, `words remove NAME`, `words replace "ինչպես լսվում է" "ինչպես գրվում է"`։ '
        "`words workspace add NAME`-ը բոլոր ալիքների համար է և միայն աշխատանքային տարածքի ադմինիստրատորներին։",
    ),
    Said(
        "Added for {scope}: {entries}. It applies to new recordings, and to those that are transcribed again.",
        "Añadido para {scope}: {entries}. Se aplica a las grabaciones nuevas y a las que se transcriban de nuevo.",
        "Ajouté pour {scope} : {entries}. Cela s'applique aux nouveaux enregistrements et à ceux qui sont transcrits à "
        "nouveau.",
        "Ավելացվել է ({scope})՝ {entries}։ Կիրառվում է նոր և նորից վերծանվող ձայնագրությունների համար։",
    ),
    Said(
        "From now on {scope} writes {written} where {heard} is heard.",
        "A partir de ahora, en {scope} se escribe {written} donde se oye {heard}.",
        "Désormais, dans {scope}, {written} est écrit là où {heard} est entendu.",
        "Այսուհետ ({scope}) {heard} լսվելիս կգրվի {written}։",
    ),
    Said(
        "Removed for {scope}: {entries}.",
        "Quitado para {scope}: {entries}.",
        "Retiré pour {scope} : {entries}.",
        "Հեռացվել է ({scope})՝ {entries}։",
    ),
    Said(
        "There was nothing to change: {scope} has this already.",
        "No había nada que cambiar: {scope} ya lo tiene.",
        "Il n'y avait rien à changer : {scope} l'a déjà.",
        "Փոխելու բան չկար. արդեն կա ({scope})։",
    ),
    Said(
        "{scope} has no such entry: {entries}.",
        "{scope} no tiene esta entrada: {entries}.",
        "{scope} n'a pas cette entrée : {entries}.",
        "{scope}՝ այսպիսի գրառում չկա. {entries}։",
    ),
    Said("this channel", "este canal", "ce canal", "այս ալիքը"),
    Said(
        "the whole workspace", "todo el espacio de trabajo", "tout l'espace de travail", "ամբողջ աշխատանքային տարածքը"
    ),
    Said(
        "Only workspace admins change names and jargon of the whole workspace. `words add` is for this channel.",
        "Solo los administradores cambian los nombres y la jerga de todo el espacio de trabajo. `words add` es para "
        "este canal.",
        "Seuls les administrateurs changent les noms et le jargon de tout l'espace de travail. `words add` vaut pour "
        "ce canal.",
        "Ամբողջ աշխատանքային տարածքի անուններն ու բառերը փոխում են միայն ադմինիստրատորները։ `words add`-ն այս ալիքի "
        "համար է։",
    ),
    Said(
        "Tell me which names or terms: `/transcribe words add Hakobyan, amoxicillin`",
        "Dime qué nombres o términos: `/transcribe words add Hakobyan, amoxicilina`",
        "Dites-moi quels noms ou termes : `/transcribe words add Hakobyan, amoxicilline`",
        "Ասեք, թե որ անունները կամ բառերը. `/transcribe words add Հակոբյան, ամօքսիցիլին`",
    ),
    Said(
        "Tell me which to remove: `/transcribe words remove Hakobyan`. `/transcribe words` lists them.",
        "Dime cuáles quitar: `/transcribe words remove Hakobyan`. `/transcribe words` los enumera.",
        "Dites-moi lesquels retirer : `/transcribe words remove Hakobyan`. `/transcribe words` les énumère.",
        "Ասեք, թե որոնք հեռացնել. `/transcribe words remove Հակոբյան`։ `/transcribe words`-ը թվարկում է դրանք։",
    ),
    Said(
        'Tell me what is heard, and what to write: `/transcribe words replace "a mocks a sillin" "amoxicillin"`',
        'Dime qué se oye y qué escribir: `/transcribe words replace "a mochila lina" "amoxicilina"`',
        'Dites-moi ce qui est entendu et ce qu\'il faut écrire : `/transcribe words replace "à moque si line" '
        '"amoxicilline"`',
        'Ասեք՝ ինչ է լսվում և ինչ գրել. `/transcribe words replace "ա մոկսի ցիլին" "ամօքսիցիլին"`',
    ),
    Said(
        "`words` knows `add`, `remove`, `replace` and `list`, not `{word}`. `/transcribe words` shows all entries.",
        "`words` conoce `add`, `remove`, `replace` y `list`, no `{word}`. `/transcribe words` muestra todas las "
        "entradas.",
        "`words` connaît `add`, `remove`, `replace` et `list`, pas `{word}`. `/transcribe words` montre toutes les "
        "entrées.",
        "`words`-ը գիտի `add`, `remove`, `replace` և `list`, ոչ թե `{word}`։ `/transcribe words`-ը ցույց է տալիս բոլոր "
        "գրառումները։",
    ),
    Said(
        "Somebody else is changing these names at this moment. Please try again.",
        "Otra persona está cambiando estos nombres en este momento. Vuelve a intentarlo.",
        "Quelqu'un d'autre change ces noms en ce moment. Réessayez.",
        "Այս պահին մեկ ուրիշը փոխում է այս անունները։ Նորից փորձեք։",
    ),
    Said(
        "“{entry}” has no letter or digit in it.",
        "“{entry}” no tiene ninguna letra ni cifra.",
        "“{entry}” ne contient ni lettre ni chiffre.",
        "“{entry}”-ը ոչ մի տառ կամ թվանշան չունի։",
    ),
    Said(
        "“{entry}” is too long: a name or term has at most 60 characters.",
        "“{entry}” es demasiado largo: un nombre o término tiene como máximo 60 caracteres.",
        "“{entry}” est trop long : un nom ou un terme a au plus 60 caractères.",
        "“{entry}”-ը չափազանց երկար է. անունը կամ բառը կարող է ունենալ առավելագույնը 60 նիշ։",
    ),
    Said(
        "Nothing is said to be written where “{entry}” is heard.",
        "No se dice qué escribir donde se oye “{entry}”.",
        "Il n'est pas dit quoi écrire là où “{entry}” est entendu.",
        "Նշված չէ, թե ինչ գրել, երբ լսվում է “{entry}”։",
    ),
    Said(
        "That would be more than 100 names and terms. Remove some first.",
        "Serían más de 100 nombres y términos. Quita antes algunos.",
        "Cela ferait plus de 100 noms et termes. Retirez-en d'abord.",
        "Կլինի 100-ից ավելի անուն և բառ։ Նախ մի քանիսը հեռացրեք։",
    ),
    Said(
        "That would be more than 100 replacements. Remove some.",
        "Serían más de 100 sustituciones. Quita algunas.",
        "Cela ferait plus de 100 remplacements. Retirez-en.",
        "Կլինի 100-ից ավելի փոխարինում։ Մի քանիսը հեռացրեք։",
    ),
    Said(
        "That would be more than 2,500 characters together. Remove some first.",
        "Serían más de 2500 caracteres en total. Quita antes algunos.",
        "Cela ferait plus de 2 500 caractères en tout. Retirez-en d'abord.",
        "Միասին կլինի 2500-ից ավելի նիշ։ Նախ մի քանիսը հեռացրեք։",
    ),
)
