"""What the demo shop, the tests and the documentation know of the sample: fixed ids and people."""

from typing import Final

DIRECTORY_ID: Final = "POOL_SampleDirectory"
PROJECT_ID: Final = "ZN_SampleShop00001"

# People of the demo shop, by the reference that a page sends.
KNOWN_REFERENCE: Final = "U-1"  # a gold customer, invited on /demo/
CAPPED_REFERENCE: Final = "U-2"  # as golden, but asked as often as the rules allow
# Nobody's: the shop sends it with `consent: false`, or the page view would make it a contact.
UNKNOWN_REFERENCE: Final = "X-9"
# A reference that begins so is a new customer: the page view adds the contact by itself.
NEW_REFERENCE_PREFIX: Final = "N-"

CONTACT_COUNT: Final = 2_000
SEED: Final = 20_261_124

# Pages of the shop that conditions speak of.
HOME_PATH: Final = "/demo/"
CART_PATH: Final = "/demo/cart"
HELP_PATH: Final = "/demo/help"
SURVEY_PATH: Final = "/demo/survey"  # where invitations lead
FEEDBACK_SELECTOR: Final = "#feedback"

SEGMENT_GOLD: Final = "SG_Gold00000000001"
SEGMENT_REACHABLE: Final = "SG_Reachable000001"
SEGMENT_NEW: Final = "SG_NewThisMonth001"
SEGMENT_BUYERS: Final = "SG_FrequentBuyers1"
SEGMENT_RIGHT_TO_LEFT: Final = "SG_RightToLeft0001"
SEGMENT_UNHAPPY: Final = "SG_Unhappy00000001"

INTERCEPT_GOLD: Final = "SI_GoldInvitation1"
INTERCEPT_CART: Final = "SI_CartQuestion001"
INTERCEPT_WELCOME: Final = "SI_WelcomeNew00001"
INTERCEPT_ARABIC: Final = "SI_ArabicOrHebrew1"
INTERCEPT_HELP: Final = "SI_HelpPageUnlinkd"
INTERCEPT_SALE: Final = "SI_ScheduledSale01"
INTERCEPT_PASSIVE: Final = "SI_PassiveFeedback"
INTERCEPT_DRAFT: Final = "SI_DraftExit000001"

SURVEY_SHOP: Final = "SV_ShopExperience1"
SURVEY_SUPPORT: Final = "SV_SupportContact1"

LIST_NEWSLETTER: Final = "CG_Newsletter00001"
LIST_BETA: Final = "CG_BetaTesters0001"
