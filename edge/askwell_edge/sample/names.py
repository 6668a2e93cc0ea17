"""Names of the sample's people, from several cultures and scripts, and where they live.

Each name that is not in Latin letters comes with a Latin spelling, for the e-mail address.
"""

from typing import NamedTuple


class Culture(NamedTuple):
    """A language with names, cities and the pattern of its phone numbers (`#` = a digit)."""

    language: str
    share: int
    given: tuple[str, ...]
    family: tuple[str, ...]
    cities: tuple[str, ...]
    phone: str


# A name is written `اسم|latin` where the two differ.
CULTURES: tuple[Culture, ...] = (
    Culture(
        "en",
        26,
        ("Olivia", "Noah", "Amelia", "Jack", "Grace", "Ethan", "Maya", "Samuel", "Zoe", "Aaron"),
        ("Bennett", "Carter", "Okafor", "Hughes", "Mitchell", "Shah", "Walker", "O'Neill", "Reid"),
        ("Leeds", "Bristol", "Seattle", "Toronto", "Dublin"),
        "+4420794#####",
    ),
    Culture(
        "de",
        18,
        ("Lena", "Jonas", "Mia", "Felix", "Jürgen", "Sophie", "Björn", "Anneliese", "Karl-Heinz"),
        ("Müller", "Schäfer", "Weiß", "Vogel", "Großmann", "Lindner", "von Ahlen", "Köhler"),
        ("Berlin", "Hamburg", "Köln", "Wien", "Zürich"),
        "+4930123####",
    ),
    Culture(
        "fr",
        10,
        ("Chloé", "Hugo", "Inès", "Théo", "Zoë", "François", "Maëlle", "Benoît"),
        ("Lefèvre", "Moreau", "D'Aubigné", "Girard", "Benali", "Roux", "Delacroix"),
        ("Lyon", "Nantes", "Genève", "Bruxelles"),
        "+3314027####",
    ),
    Culture(
        "es",
        10,
        ("Lucía", "Mateo", "Sofía", "Íñigo", "María José", "Ángel", "Ximena", "Núria"),
        ("García Márquez", "Núñez", "Ruiz", "Peña", "Etxeberria", "Castaño", "Ortiz"),
        ("Sevilla", "Bilbao", "Bogotá", "Ciudad de México"),
        "+3491123####",
    ),
    Culture(
        "pt-BR",
        6,
        ("João", "Beatriz", "Thiago", "Conceição", "Luís", "Marília"),
        ("da Silva", "Gonçalves", "Araújo", "Magalhães", "Fagundes"),
        ("São Paulo", "Recife", "Porto"),
        "+5511961######",
    ),
    Culture(
        "pl",
        5,
        ("Łukasz", "Agnieszka", "Paweł", "Małgorzata", "Wojciech"),
        ("Wiśniewska", "Kowalczyk", "Dąbrowski", "Żak", "Święs"),
        ("Kraków", "Łódź", "Gdańsk"),
        "+4822123####",
    ),
    Culture(
        "ar",
        6,
        ("فاطمة|fatima", "محمد|mohammed", "ليلى|layla", "يوسف|youssef", "نور|nour", "خالد|khaled"),
        ("الحداد|haddad", "المصري|elmasry", "بن علي|benali", "الشامي|shami", "منصور|mansour"),
        ("القاهرة", "بيروت", "دبي"),
        "+2022795####",
    ),
    Culture(
        "he",
        4,
        ("נועה|noa", "איתי|itay", "תמר|tamar", "יונתן|yonatan"),
        ("לוי|levi", "מזרחי|mizrahi", "פרידמן|friedman", "ביטון|biton"),
        ("חיפה", "תל אביב"),
        "+97235#####0",
    ),
    Culture(
        "ja",
        5,
        ("陽菜|hina", "蓮|ren", "美咲|misaki", "大翔|hiroto", "さくら|sakura"),
        ("佐藤|sato", "鈴木|suzuki", "高橋|takahashi", "渡辺|watanabe"),
        ("東京", "大阪", "札幌"),
        "+8133123####",
    ),
    Culture(
        "hi",
        5,
        ("आरव|aarav", "अनन्या|ananya", "विवान|vivaan", "दीया|diya"),
        ("शर्मा|sharma", "वर्मा|verma", "पटेल|patel", "सिंह|singh"),
        ("दिल्ली", "मुंबई", "पुणे"),
        "+911123######",
    ),
    Culture(
        "el",
        3,
        ("Ελένη|eleni", "Νίκος|nikos", "Σοφία|sofia", "Γιώργος|giorgos"),
        ("Παπαδόπουλος|papadopoulos", "Νικολάου|nikolaou", "Αλεξίου|alexiou"),
        ("Αθήνα", "Θεσσαλονίκη"),
        "+3021012#####",
    ),
    Culture(
        "uk",
        2,
        ("Олена|olena", "Тарас|taras", "Соломія|solomiia", "Андрій|andrii"),
        ("Шевченко|shevchenko", "Коваленко|kovalenko", "Бондар|bondar"),
        ("Київ", "Львів"),
        "+38044123####",
    ),
)
