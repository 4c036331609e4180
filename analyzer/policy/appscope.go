package policy

// What a text says of an app does not say it of a site. But a sentence may
// speak of both, and of each in a clause of its own.

// appAndMore is an app named together with a site or the like: "our website or
// mobile app", "apps, sites and stores", "Website und App".
var appAndMore = lazily(`(?i)(?:web\s?sites?|sites?|web\s?pages?|online|services?|platforms?|stores?|portals?|web|webseiten?|internetseiten?|sitios?|páginas?|boutiques?)[)”"’']*\s*(?:[,/&]|\b(?:and/or|and|or|und|oder|sowie|et|ou|y|o|as\s+well\s+as)\b)[\s,/&]*(?:(?:and|or|in|on|at|through|via|auf|dans|sur|en|our|the|this|your|its|any|other|related|associated|mobile|native|und|oder|unsere[rn]?|die|der|mobilen?|et|ou|notre|nos|l['’]|y|o|nuestra|la|las)\s+){0,4}(?:l['’])?(?:mobile[- ])?(?:apps?|applications?|aplicaci[oó]n(?:es)?)\b|` +
	`\b(?:apps?|applications?|aplicaci[oó]n(?:es)?)(?:\s+móvil)?[)”"’']*\s*(?:[,/&]|\b(?:and/or|and|or|und|oder|sowie|et|ou|y|o|as\s+well\s+as)\b)[\s,/&]*(?:(?:and|or|in|on|at|through|via|auf|dans|sur|en|our|the|this|your|its|any|other|related|associated|mobile|online|und|oder|unsere[rn]?|die|der|et|ou|notre|nos|le|y|o|nuestro|el|la)\s+){0,4}(?:web\s?sites?|sites?|web\s?pages?|services?|platforms?|stores?|portals?|webseiten?|internetseiten?|sitios?|páginas?)\b`)

// clauseOfPlace begins a clause that may speak of another place than the one
// before it.
var clauseOfPlace = lazily(`(?i);\s|\b(?:while|whereas)\b|[,\s](?:and|but)\s+(?:when|if|on|in|at|through|via|from|within|(?:our|the|this|your)\s+(?:\w+\s+)?(?:web\s?sites?|sites?|apps?|applications?))\b`)

// appOnly reports whether words that name an app speak of it alone.
func appOnly(words string) bool { return !appAndMore.get().MatchString(words) }

// clauseAt is the clause of a sentence, of those that may speak of different
// places, in which a byte stands; the whole when there is no such place.
func clauseAt(text string, at int) string {
	if at < 0 || at >= len(text) {
		return text
	}
	start := 0
	for _, m := range clauseOfPlace.get().FindAllStringIndex(text, 20) {
		if m[0] > at {
			return text[start:m[0]]
		}
		start = m[0]
	}
	return text[start:]
}

// appScope is "app" when the clause of an act speaks of an app and of nothing
// beside it.
func appScope(at spot) string {
	if at.act == 0 {
		return "app"
	}
	return scopeOf(clauseAt(at.text, at.act-1))
}
