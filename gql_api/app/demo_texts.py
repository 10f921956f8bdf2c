"""The vocabulary of the demo data: names, subjects, sentences. People and brands are invented."""

from dataclasses import dataclass

FIRST_NAMES = (
    "Amara", "Anders", "Beatriz", "Bram", "Camille", "Chidi", "Dalia", "Daniel", "Elif", "Emil",
    "Fatima", "Felix", "Giulia", "Goran", "Hana", "Henrik", "Imani", "Isak", "Jana", "Joaquin",
    "Kaito", "Kira", "Laszlo", "Leila", "Linh", "Lucas", "Mads", "Maren", "Mateo", "Mina",
    "Nadia", "Nikhil", "Noor", "Oskar", "Paloma", "Pavel", "Priya", "Quentin", "Rania", "Rohan",
    "Sanne", "Selma", "Stefan", "Tariq", "Thea", "Tomas", "Uma", "Viktor", "Wanda", "Yusuf",
)  # fmt: skip
LAST_NAMES = (
    "Abara", "Andersen", "Baptiste", "Bergstrom", "Castillo", "Cohen", "Dahl", "Desai", "Eriksen",
    "Fischer", "Fontaine", "Garcia", "Haddad", "Hoffmann", "Ibarra", "Ivanova", "Jansen", "Kimura",
    "Kowalski", "Larsen", "Lindqvist", "Mbeki", "Mendes", "Moreau", "Nakamura", "Novak", "Nguyen",
    "Okafor", "Olsen", "Pereira", "Petrov", "Quist", "Rahman", "Rossi", "Sato", "Schmidt", "Silva",
    "Sorensen", "Tanaka", "Torres", "Ulrich", "Varga", "Vasquez", "Weber", "Wolff", "Yilmaz",
    "Zhang", "Zimmer",
)  # fmt: skip
PROFESSIONS = (
    "Backend developer", "Data analyst", "Pastry chef", "Landscape gardener", "Travel writer",
    "Site reliability engineer", "Bicycle mechanic", "Photographer", "Librarian", "Music teacher",
    "Machine-learning engineer", "Product designer", "Translator", "Civil engineer",
)  # fmt: skip
CITIES = (
    "Lisbon", "Utrecht", "Oslo", "Krakow", "Lagos", "Kyoto", "Montevideo", "Ghent", "Leipzig",
    "Porto", "Turin", "Gothenburg", "Nairobi", "Valparaiso", "Ljubljana", "Galway",
)  # fmt: skip
PASTIMES = (
    "sourdough", "long train rides", "old cameras", "tomato plants", "chess problems",
    "hill climbs", "second-hand books", "modular synths", "cold lakes", "crossword puzzles",
    "open-source software", "maps of any kind",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Topic:
    """What posts are written about."""

    tags: tuple[str, ...]
    """The main tag first."""

    subjects: tuple[str, ...]
    """Noun phrases that fit into the titles and sentences below."""

    remarks: tuple[str, ...]
    """Sentences that only make sense within the topic."""


TOPICS = (
    Topic(
        ("python", "programming", "asyncio"),
        ("async generators", "type hints", "dataclasses", "context managers", "dependency locks",
         "the event loop", "property-based tests", "structural pattern matching"),
        ("A task that nobody awaits is a task that nobody hears fail.",
         "The type checker found two real bugs on the first morning.",
         "Most of our slow code was waiting, not computing.",
         "A frozen dataclass ended a week of arguing about who changes what.",
         "The standard library had the answer all along, three modules down."),
    ),
    Topic(
        ("databases", "postgresql", "programming"),
        ("partial indexes", "query plans", "connection pools", "window functions",
         "schema migrations", "keyset pagination", "foreign keys", "isolation levels"),
        ("The planner was right; our statistics were three months old.",
         "One composite index replaced four that nobody remembered adding.",
         "Counting rows is easy until somebody asks for the count twice a second.",
         "We moved the rule into a constraint and deleted two hundred lines.",
         "A migration that cannot go back is a decision, so we write it down."),
    ),
    Topic(
        ("graphql", "web", "programming"),
        ("cursor connections", "typed errors", "persisted documents", "nullable fields",
         "input objects", "schema reviews", "resolver batching", "fragments"),
        ("Clients stopped asking for new endpoints and started asking for fields.",
         "An error that a form can show is worth ten that only a log can.",
         "Batching turned two hundred statements into four.",
         "We deprecate a field, wait for its last caller, and only then remove it."),
    ),
    Topic(
        ("devops", "observability"),
        ("graceful shutdown", "health checks", "structured logs", "container images",
         "blue-green releases", "error budgets", "on-call handovers"),
        ("The dashboard had forty panels and none of them said what was broken.",
         "A request that survives a restart is the best test of a shutdown.",
         "We deleted half of the alerts and slept through none that mattered.",
         "The image shrank to a third once the compiler stayed at home."),
    ),
    Topic(
        ("machine-learning", "data"),
        ("small language models", "feature drift", "label noise", "gradient boosting",
         "model cards", "evaluation sets", "embeddings"),
        ("The simplest baseline beat us for the first three weeks.",
         "Ten relabelled examples taught us more than another thousand.",
         "Accuracy went up and usefulness went down, so we changed the metric.",
         "We now keep the evaluation set where nobody can train on it by accident."),
    ),
    Topic(
        ("cooking", "food"),
        ("slow-roasted tomatoes", "pickled lemons", "a proper stock", "weeknight dal",
         "cast-iron pans", "fermented chili", "braised leeks", "brown butter"),
        ("Salt early, taste often, and keep a lemon within reach.",
         "The pan was hot enough when the water danced instead of hissing.",
         "Leftovers went into a soup that was better than the dinner.",
         "Everything takes twelve minutes longer in my oven than in the book."),
    ),
    Topic(
        ("baking", "food"),
        ("sourdough", "laminated dough", "rye bread", "cardamom buns", "steam ovens",
         "overnight starters", "shortcrust"),
        ("The starter doubled in four hours, which is a personal record.",
         "Cold butter, cold hands, warm kitchen: two out of three will do.",
         "The first loaf was a brick and the second was breakfast.",
         "Weigh the water; your cup and mine have never agreed."),
    ),
    Topic(
        ("travel", "trains"),
        ("night trains", "the Douro valley", "off-season islands", "border towns",
         "mountain huts", "river ferries", "the road to Valparaiso"),
        ("We missed the connection and found the best soup of the trip.",
         "The sleeper left at ten and nobody on board was in a hurry.",
         "Off season, the island has one bakery and it opens when it opens.",
         "Pack half, then leave a third of that on the bed."),
    ),
    Topic(
        ("gardening", "outdoors"),
        ("raised beds", "heirloom tomatoes", "compost", "winter salads", "apple grafts",
         "drip irrigation", "a shady corner"),
        ("The slugs read the calendar better than I do.",
         "Mulch is the only garden work that does itself afterwards.",
         "One row for us, one row for the pigeons: that is the deal.",
         "By September the beans had taken the fence and part of the shed."),
    ),
    Topic(
        ("cycling", "outdoors"),
        ("gravel rides", "dynamo lights", "wheel building", "winter commuting",
         "bikepacking", "cargo bikes", "hill repeats"),
        ("The map called it a road; the goats disagreed.",
         "A wheel is true when you stop looking for reasons that it is not.",
         "Mudguards are the difference between weather and a bad mood.",
         "We climbed nine hundred metres for a view of more climbing."),
    ),
    Topic(
        ("photography", "art"),
        ("medium format", "street portraits", "a single lens", "dark-room printing",
         "morning fog", "contact sheets", "expired film"),
        ("The good frame was the one after I had put the camera down.",
         "One lens for a year is a lesson in walking.",
         "Half a stop is a matter of taste until you print it.",
         "Fog forgives every background."),
    ),
    Topic(
        ("books", "reading"),
        ("re-reading", "marginal notes", "translated novels", "reading aloud",
         "library cards", "short stories", "unfinished books"),
        ("The second reading was a different book, or I was a different reader.",
         "I keep a list of sentences that I wish I had written.",
         "The translator deserves a place on the cover.",
         "Give a book fifty pages, minus one for each year past fifty."),
    ),
)  # fmt: skip

TITLES = (
    "A field guide to {subject}",
    "What {subject} taught me",
    "Notes on {subject}",
    "{Subject}, one year in",
    "In praise of {subject}",
    "Getting started with {subject}",
    "Five mistakes with {subject}",
    "The quiet joy of {subject}",
    "Why I changed my mind about {subject}",
    "{Subject} for the impatient",
    "A small experiment with {subject}",
    "Everything I got wrong about {subject}",
)
OPENINGS = (
    "I had been putting off {subject} for far too long.",
    "Last month somebody asked me where to begin with {subject}.",
    "This started as a short note to myself about {subject}.",
    "Nobody warned me how much there is to say about {subject}.",
    "After a rainy weekend with {subject}, here is what stayed with me.",
    "There are two kinds of advice on {subject}, and this is the other kind.",
)
PASSAGES = (
    "The first attempt failed in a way that was at least instructive.",
    "So I wrote down each step, threw out half of them, and tried again.",
    "It helped to begin with the smallest thing that could possibly work.",
    "A friend looked over my shoulder and asked the one question I had avoided.",
    "None of this is new, but it was new to me.",
    "If you take only one thing from this, take the habit of checking twice.",
    "The details matter less than doing it every week.",
    "I expected to give up on the third day and did not.",
    "It cost me an afternoon and has saved me several since.",
    "There is a shortcut, and it is longer.",
)
CLOSINGS = (
    "Tell me in the comments what I have missed.",
    "Next time: the same thing, with fewer tools.",
    "I will report back in spring.",
    "If you try it, start small.",
    "That is all; go and do something with your hands.",
    "Corrections are welcome, as always.",
)
COMMENTS = (
    "Thank you, this is exactly what I needed today.",
    "I had the opposite experience, but your way sounds calmer.",
    "The part about starting small should be printed on a mug.",
    "Could you say more about the second step?",
    "Tried it over the weekend and it worked on the first go.",
    "Bookmarked. The comments are as good as the post.",
    "I disagree with the ending, and enjoyed every line before it.",
    "We do this at work and nobody could explain why until now.",
    "My grandmother would have approved.",
    "Small correction: it also works without the last step.",
    "How long did it take until it felt natural?",
    "More of this, please.",
)
ITEMS = (
    ("Film camera", "Light meter works, strap is new."),
    ("Cast-iron pan", "Twenty-six centimetres, seasoned for years."),
    ("Folding bike", "Three gears, fits under a train seat."),
    ("Mechanical keyboard", "Quiet switches, one spare key."),
    ("Record player", "Belt replaced last winter."),
    ("Camping stove", "Boils a litre in four minutes."),
    ("Watercolour set", "Twelve pans, the blue is nearly gone."),
    ("Travel chess set", "Magnetic; one pawn is a button."),
    ("Standing lamp", "Warm light, slightly crooked."),
    ("Espresso grinder", "Loud, precise, heavy."),
    ("Rain jacket", "Size M, taped seams."),
    ("Field notebook", "Half full of maps."),
    ("Tool roll", "Wrenches from eight to seventeen."),
    ("Wool blanket", "From the market in Galway."),
    ("Bread tin", "For loaves of a kilogram."),
    ("Bird book", "Second edition, notes in the margin."),
)
CONDITIONS = ("New", "Used", "Well-loved", "Vintage", "Spare", "Borrowed")


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category without children, and what is sold there."""

    path: tuple[str, ...]
    """Names of the categories from the top down, its own last."""

    prices: tuple[int, int]
    """Least and greatest price."""

    nouns: tuple[str, ...]
    """Kinds of product."""

    facts: tuple[tuple[str, tuple[str, ...]], ...]
    """Names of further attributes, each with the values that occur."""


_COLORS = ("color", ("black", "white", "forest green", "signal red", "sand"))
SHELVES = (
    Shelf(("Home", "Kitchen", "Coffee"), (19, 149), ("Pour-over Kettle", "Hand Grinder", "Coffee Scale"),
          (_COLORS, ("material", ("steel", "ceramic", "glass")))),
    Shelf(("Home", "Kitchen", "Bakeware"), (9, 49), ("Bread Tin", "Proofing Basket", "Dough Scraper"),
          (("material", ("steel", "rattan", "beech")), ("dishwasherSafe", ("yes", "no")))),
    Shelf(("Home", "Garden"), (9, 59), ("Pruning Shears", "Watering Can", "Seed Tray"),
          (_COLORS, ("weatherproof", ("yes", "no")))),
    Shelf(("Sports", "Cycling"), (9, 99), ("Dynamo Light", "Saddle Bag", "Touring Tyre", "Bell"),
          (_COLORS, ("size", ("S", "M", "L")))),
    Shelf(("Sports", "Hiking"), (39, 249), ("Trail Pack", "Trekking Poles", "Rain Shell"),
          (_COLORS, ("size", ("S", "M", "L", "XL")))),
    Shelf(("Electronics", "Audio"), (49, 399), ("Studio Headphones", "Desk Speaker", "Field Recorder"),
          (_COLORS, ("connection", ("cable", "wireless")))),
    Shelf(("Electronics", "Photography"), (49, 899), ("Prime Lens", "Carbon Tripod", "Light Meter"),
          (_COLORS, ("mount", ("M", "F", "EF")))),
    Shelf(("Books", "Programming"), (19, 49), ("Async Handbook", "Query Cookbook", "Testing Primer"),
          (("format", ("paperback", "hardcover", "e-book")), ("language", ("en", "de", "pt")))),
    Shelf(("Books", "Cooking"), (15, 39), ("Bread Book", "Pickle Almanac", "Soup Calendar"),
          (("format", ("paperback", "hardcover")), ("language", ("en", "fr", "it")))),
)  # fmt: skip
BRANDS = (
    "Alder", "Birkdal", "Corvo", "Dunmore", "Elmhurst", "Fjordlys", "Granit", "Halden", "Ilex",
    "Juniper", "Kestrel", "Lumen", "Marisco", "Nordvik", "Orrin", "Petrel", "Quarry", "Rowan",
)  # fmt: skip
SELLING_POINTS = (
    "Made to be repaired: every part can be ordered.",
    "Tested for a year by people who are hard on their things.",
    "Lighter than it looks.",
    "Comes with a cloth bag and short instructions.",
    "The maker answers letters.",
    "Does one thing and does it well.",
)
REVIEWS = {
    1: ("Broke in the first week.", "Not what the pictures promised."),
    2: ("Works, but I expected more.", "Fine idea, poor finish."),
    3: ("Does what it should, no more.", "Decent for the price."),
    4: ("Very good, with a small flaw.", "Better than my old one."),
    5: ("Could not be happier.", "Bought a second one for a friend."),
}
FRAMEWORKS = ("PyTorch", "TensorFlow", "scikit-learn", "JAX", "XGBoost")
ARCHITECTURES = (
    "resnet50", "vit-small", "gru-tagger", "gbm", "unet", "mlp-mixer", "distil-encoder", "kmeans",
)  # fmt: skip
TASKS = (
    "bird-calls", "leaf-disease", "invoice-fields", "bread-crust", "traffic-signs", "churn",
    "spam-filter", "wind-forecast", "film-grain", "recipe-tags",
)  # fmt: skip
