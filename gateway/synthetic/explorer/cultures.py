"""Cultures of invented people and companies: names, trades, legal forms, telephone numbers."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Culture:
    """The names that are usual in one culture.

    Attributes:
        first_names: first names of people.
        last_names: last names of people.
        is_family_first: whether the family name comes first.
        stems: the distinctive parts of company names.
        trades: what companies trade in, as they write it.
        forms: legal forms, which follow the name of a company.
        telephone: the beginning of telephone numbers; the rest is invented.
    """

    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    stems: tuple[str, ...]
    trades: tuple[str, ...]
    forms: tuple[str, ...]
    telephone: str
    is_family_first: bool = False


def _culture(
    people: tuple[str, str],
    companies: tuple[str, str, str],
    telephone: str,
    *,
    is_family_first: bool = False,
) -> Culture:
    """A culture, from comma-separated lists."""
    first, last, stems, trades, forms = (
        tuple(each.strip() for each in text.split(",")) for text in (*people, *companies)
    )
    return Culture(first, last, stems, trades, forms, telephone, is_family_first)


CULTURES: Final = (
    _culture(
        (
            "Sanne, Daan, Lotte, Jeroen, Femke, Thijs, Maaike, Ruben",
            "de Vries, Bakker, van Dijk, Visser, Meijer, Mulder, de Boer, Hoekstra",
        ),
        (
            "Polder, Zuiderzee, Oranje, Molen, Tulp, Veluwe, Waddenzee, Grachten",
            "Zuivel, Bloemen, Kaas, Fietsen, Koffie",
            "B.V., B.V., N.V.",
        ),
        "+31 20 555",
    ),
    _culture(
        (
            "Anneliese, Jonas, Katharina, Matthias, Svenja, Tobias, Greta, Emre",
            "Schneider, Weber, Krüger, Hoffmann, Öztürk, Lehmann, Vogel, Bergmann",
        ),
        (
            "Alpenrose, Hanse, Schwarzwald, Elbtal, Rheingold, Nordlicht, Waldkirch, Sonnenhof",
            "Backwaren, Werkzeuge, Papier, Senf & Feinkost, Haushaltswaren",
            "GmbH, GmbH & Co. KG, AG",
        ),
        "+49 30 555",
    ),
    _culture(
        (
            "Camille, Amadou, Élodie, Julien, Maëlle, Théo, Inès, Baptiste",
            "Lefèvre, Moreau, Diallo, Girard, Faure, Rousseau, Chevalier, Benali",
        ),
        (
            "Garonne, Belle-Île, Provence, Cévennes, Mirabelle, Lumière, Camargue, Ardennes",
            "Conserverie, Savonnerie, Textiles, Biscuiterie, Huiles",
            "SARL, SAS, et Fils",
        ),
        "+33 1 55 55",
    ),
    _culture(
        (
            "Lucía, Mateo, Ximena, Diego, Valentina, Joaquín, Itzel, Emiliano",
            "Hernández, Ramírez, Castillo, Quispe, Vargas, Mendoza, Fuentes, Rojas",
        ),
        (
            "Sierra Azul, Maíz de Oro, Cactus, Oaxaca, Andes, Quetzal, Bahía, Jacaranda",
            "Alimentos, Café, Cerámica, Textiles, Especias",
            "S.A. de C.V., S.L., y Hermanos",
        ),
        "+52 55 5555",
    ),
    _culture(
        (
            "Giulia, Lorenzo, Chiara, Matteo, Francesca, Davide, Elisa, Samir",
            "Rossi, Ferrari, Esposito, Conti, Marchetti, Gallo, De Luca, Haddad",
        ),
        (
            "Appennino, Vesuvio, Laguna, Trastevere, Olivella, Belmonte, Ponte Vecchio, Sirena",
            "Pastificio, Calzature, Ceramiche, Oleificio, Caffè",
            "S.p.A., S.r.l., S.r.l.",
        ),
        "+39 02 5555",
    ),
    _culture(
        (
            "Ingrid, Lars, Solveig, Øyvind, Freja, Mikkel, Linnéa, Henrik",
            "Hansen, Johansen, Lindqvist, Nygård, Sørensen, Bergström, Dahl, Aaltonen",
        ),
        (
            "Fjord, Nordavind, Birke, Polarlys, Granitt, Skagen, Havørn, Lyngen",
            "Sjømat, Ullvare, Møbler, Friluft, Bakeri",
            "AS, AB, ApS",
        ),
        "+47 21 55 55",
    ),
    _culture(
        (
            "Agnieszka, Tomasz, Zofia, Paweł, Kinga, Jakub, Oksana, Marek",
            "Kowalska, Nowak, Wiśniewski, Zielińska, Wójcik, Shevchenko, Mazur, Dąbrowska",
        ),
        (
            "Bursztyn, Tatry, Wisła, Jagoda, Słonecznik, Mazury, Żubr, Karpaty",
            "Przetwory, Meble, Szkło, Zabawki, Miód",
            "Sp. z o.o., S.A., i Synowie",
        ),
        "+48 22 555",
    ),
    _culture(
        (
            "Adaeze, Chidi, Folake, Emeka, Zainab, Tunde, Ngozi, Kwame",
            "Okafor, Adeyemi, Balogun, Eze, Mensah, Abubakar, Okonkwo, Boateng",
        ),
        (
            "Baobab, Harmattan, Sahel Gold, Niger Delta, Palmwine, Kola, Ashanti, Lagoon",
            "Shea, Cocoa, Textiles, Foods, Spices",
            "Ltd, Nigeria Ltd, Enterprises",
        ),
        "+234 1 555",
    ),
    _culture(
        (
            "Wanjiru, Baraka, Amina, Otieno, Neema, Juma, Achieng, Hamisi",
            "Kamau, Odhiambo, Mwangi, Njoroge, Mushi, Wambui, Kiprotich, Salim",
        ),
        (
            "Savanna, Kilima, Rift Valley, Acacia, Twiga, Coral Coast, Maziwa, Upepo",
            "Tea, Flowers, Coffee, Crafts, Dairies",
            "Ltd, Co-operative, EPZ Ltd",
        ),
        "+254 20 555",
    ),
    _culture(
        (
            "Priya, Arjun, Meera, Karthik, Farhan, Ananya, Gurpreet, Rohan",
            "Sharma, Iyer, Khan, Patel, Banerjee, Singh, Reddy, Fernandes",
        ),
        (
            "Malabar, Ganga, Neem, Saffron Gate, Himalaya, Lotus, Monsoon, Peacock",
            "Spices, Cottons, Tea Estates, Pickles, Brassware",
            "Pvt Ltd, Pvt Ltd, & Sons",
        ),
        "+91 22 5555",
    ),
    _culture(
        (
            "Haruka, Kenji, Yuki, Sota, Misaki, Ren, Akiko, Daichi",
            "Tanaka, Sato, Yamamoto, Kobayashi, Nakamura, Ito, Mori, Fujita",
        ),
        (
            "Sakura, Hinode, Kiku, Asagiri, Tsubame, Momiji, Kaze, Fukuro",
            "Tea, Soy & Miso, Stationery, Knives, Ceramics",
            "K.K., Co. Ltd., Shōten",
        ),
        "+81 3 5555",
        is_family_first=True,
    ),
    _culture(
        (
            "Mei, Jun, Xiuying, Wei, Linh, Minh, Soo-jin, Hao",
            "Chen, Wang, Zhang, Nguyễn, Trần, Kim, Liu, Park",
        ),
        (
            "Jade River, Golden Carp, Red Lantern, Mekong, Bamboo Grove, Hanok, Pearl Delta, Nine Peaks",
            "Electronics, Noodles, Lighting, Silks, Toys",
            "Co. Ltd., Trading, Joint Stock Co.",
        ),
        "+84 24 5555",
        is_family_first=True,
    ),
    _culture(
        (
            "Beatriz, Thiago, Larissa, Rafael, Luana, Caio, Tainá, Duarte",
            "Silva, Oliveira, Pereira, Carvalho, Ribeiro, Nascimento, Figueiredo, Almeida",
        ),
        (
            "Ipanema, Pau-Brasil, Araucária, Cerrado, Douro, Azulejo, Maré, Vale Verde",
            "Cafés, Cosméticos, Calçados, Cortiça, Sucos",
            "Ltda., S.A., Lda.",
        ),
        "+55 11 5555",
    ),
    _culture(
        (
            "Layla, Youssef, Salma, Omar, Nour, Tariq, Hanan, Karim",
            "El Amrani, Haddad, Mansour, Benjelloun, Khoury, Nasser, Al-Sayed, Bennani",
        ),
        (
            "Atlas, Cedar, Oasis, Jasmine, Casbah, Levant, Dune, Medina",
            "Argan, Dates, Leather, Olive Oil, Carpets",
            "SARL, LLC, & Brothers",
        ),
        "+212 5 22 55",
    ),
    _culture(
        (
            "Aroha, Liam, Maya, Ethan, Tāne, Grace, Imogen, Malik",
            "Walker, Ngata, Robinson, O'Connor, Campbell, Begum, Thompson, Tūhoe",
        ),
        (
            "Kōwhai, Harbour, Fern & Field, Longacre, Cobblestone, Southerly, Kestrel, Bluegum",
            "Dairy, Wool, Garden, Books, Outdoor Supply",
            "Ltd, Ltd, Pty Ltd",
        ),
        "+64 9 555",
    ),
)
