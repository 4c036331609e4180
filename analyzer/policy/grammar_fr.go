package policy

import "strings"

// french is the grammar of French.
func french() *grammar {
	g := &grammar{
		code: "fr", elisions: true,
		verbs: romanceVerbs(frenchForms, map[string]string{
			actCollect:  "collecter recueillir* enregistrer obtenir* recevoir* rassembler capter relever récolter",
			actUse:      "utiliser traiter exploiter employer analyser combiner croiser réutiliser",
			actShare:    "partager communiquer transmettre* fournir* envoyer échanger diffuser remettre* adresser céder",
			actDisclose: "divulguer révéler publier dévoiler",
			actSell:     "vendre* louer commercialiser revendre* monétiser",
			actTransfer: "transférer",
			actRetain:   "conserver stocker garder archiver héberger sauvegarder supprimer effacer détruire*",
			actProtect:  "protéger sécuriser chiffrer",
			verbPlace:   "déposer placer installer implanter",
			verbEmbed:   "intégrer inclure* collaborer recourir* mandater",
			verbAllow:   "autoriser permettre*",
			actProvide:  "saisir* renseigner indiquer confier",
		}),
		nominals: map[string]string{
			"collecte": actCollect, "utilisation": actUse, "partage": actShare, "communication": actShare, "transmission": actShare, "divulgation": actDisclose,
			"vente": actSell, "cession": actShare, "location": actSell, "revente": actSell, "transfert": actTransfer, "conservation": actRetain, "commercialisation": actSell,
		},
		light:    wordSet("procédons procède effectuons effectué effectuée effectuées effectue opérons objet"),
		we:       wordSet("nous"),
		user:     wordSet("vous utilisateur utilisateurs"),
		own:      wordSet("site sites entreprise société application plateforme boutique équipe serveurs serveur organisme"),
		ours:     wordSet("notre nos ce cette le la"),
		pronouns: wordSet("les celles-ci ceux-ci celles ceux ils elles elle la"),
		beAux:    wordSet("est sont être été sera seront soient soit étaient était fait"),
		haveAux:  wordSet("avons avez ont a aurons ayons"),
		modals:   mergeWords(eachWord("pouvons devons pourrons voulons souhaitons allons pourrions", "1"), eachWord("pouvez devez pourrez souhaitez voulez pourriez", "2"), eachWord("peut peuvent doit doivent pourra pourront pourrait pourraient", "x")),
		unable:   wordSet("pouvons pourrons pourrions devons"),
		purpose:  wordSet("pour afin"),
		and:      wordSet("et ou mais"),
		bridge:   wordSet("le la les l un une des de d du nos notre vos votre ces ce cette autres autre certains certaines certain aucun aucune tout toute tous toutes quelque quelconque leurs leur ses son différents différentes d'autres éventuels"),
		from:     wordSet("par"),
		oblique:  wordSet("à aux au avec auprès de d des du chez pour dans sur en sans entre vers via parmi contre envers selon"),
		openers: eachRole(map[byte]string{
			roleIf:     "si s' s'il s'ils",
			roleWhen:   "lorsque quand dès_que tant_que pendant_que avant_que",
			roleExcept: "sauf hormis excepté à_moins_que à_l'exception à_l_exception à_moins hors",
			roleThat:   "parce_que",
			roleAsk:    "comment pourquoi quelles quels combien",
		}),
		relative: wordSet("qui que dont lesquelles lesquels auxquels auxquelles laquelle lequel"),
		negators: wordSet("pas jamais aucun aucune aucunement point plus rien personne ni nullement"),
		half:     "ne", that: "que",
		notNeg:  wordSet("seulement uniquement nécessairement toujours exclusivement forcément simplement"),
		only:    wordSet("uniquement seulement exclusivement seuls seules seul"),
		joint:   wordSet("ni"),
		ruled:   wordSet("exclu exclue exclues exclus"),
		excuses: wordSet("tenus obligés obligé obligatoire responsables responsable garantir garantissons possible mesure empêcher empêche signifie implique contraints"),
		asks:    wordSet("demander opposer droit refuser souhaitez exiger opposition retirer préférez désirez demandez"),
		asking:  wordSet("prions invitons recommandons conseillons demandons"),
		habits:  wordSet("sciemment généralement habituellement directement volontairement automatiquement délibérément systématiquement normalement principe"),
		limits: lazily(`(?i)(?:sans\s+(?:\p{L}+\s+){0,4}(?:consentement|accord|autorisation|permission)|(?:uniquement|seulement|qu['’]|exclusivement)\s*(?:avec|après|sur\s+la\s+base\s+de|sous\s+réserve\s+de)\s+(?:\p{L}+\s+){0,4}(?:consentement|accord|autorisation)|(?:avec|après)\s+votre\s+(?:\p{L}+\s+){0,2}(?:consentement|accord)|` +
			`(?:à|pour|aux)\s+d['’]autres\s+(?:fins|finalités)|au-delà\s+de|plus\s+longtemps\s+que)`),
		denial:     lazily(`(?i)(?:sans\s+(?:\p{L}+\s+){0,3}\p{L}+|conjointement\s+avec|avec\s+d['’]autres\s+données|(?:comme|tel(?:le)?s?\s+que)\s+(?:\p{L}+\s+){0,3}(?:décrit|indiqué|prévu|mentionné)\p{L}*|par\s+(?:e-mail|téléphone|ces\s+cookies)|dans\s+ce\s+(?:formulaire|cas|cadre))`),
		keep:       lazily(`(?i)(?:aussi\s+longtemps\s+que|tant\s+que|(?:pendant|pour)\s+(?:la|une|toute\s+la)\s+(?:durée|période)|jusqu['’][àa]|le\s+temps\s+(?:nécessaire|de|strictement)|pas\s+plus\s+longtemps\s+que|durée\s+(?:nécessaire|strictement)|à\s+compter\s+de|après\s+(?:la\s+(?:fin|clôture|suppression|résiliation)|votre\s+dernier|l['’]expiration|le\s+dernier)|dès\s+que|conformément\s+aux\s+obligations|délais?\s+(?:légal|légaux|de\s+prescription)|immédiatement|n['’]excédant\s+pas|au\s+terme)[^.;]*`),
		ages:       lazily(`(?i)(?:moins|plus|âgée?s?|mineurs?|l['’]âge)\s+de\s+(?:moins\s+de\s+)?\d+\s+ans(?:\s+révolus)?|\d+\s+ans\s+(?:révolus|d['’]âge)`),
		abroad:     lazily(`(?i)hors\s+de|en\s+dehors\s+de|pays\s+tiers|États-Unis|à\s+l['’]étranger|autres\s+pays|hors\s+(?:UE|Union|Espace)`),
		numbers:    map[string]string{"un": "1", "une": "1", "deux": "2", "trois": "3", "quatre": "4", "cinq": "5", "six": "6", "sept": "7", "huit": "8", "neuf": "9", "dix": "10", "douze": "12", "treize": "13", "quinze": "15", "vingt": "20", "trente": "30", "soixante": "60"},
		introduces: wordSet("à par avec via comme société service outil prestataire chez solution"),
		hints:      wordSet("service services outil outils prestataire fournisseur partenaire serveur serveurs solution hébergeur bouton boutons module régie"),
		joins:      wordSet("combiner croiser recouper"),
		places:     wordSet(""),
		possessive: wordSet("votre vos ton ta tes leur leurs"),
		ownOnly:    wordSet("un une nos notre cet cette chaque des par l'une"),
		weak:       normSet(romanceNorm, "ville pays région navigateur fonction formation études image messages avis contributions achats transactions âge sexe genre santé téléphone préférences pixels mail référent interactions candidature clics photos vidéos position localisation adresse nom pseudo revenus salaire profils domicile nationalité employeur profession civilité panier logs recherches religion handicap IP URL grossesse ordonnances"),
		scopes: []scopeWords{
			{"children", []string{"enfant", "mineur", "moins de 13", "moins de 15", "moins de 16", "moins de 18"}},
			{"applicants", []string{"candidat", "recrutement"}},
			{"employees", []string{"salarié", "employés"}},
			{"california", []string{"californie", "ccpa"}},
			{"app", []string{"notre application", "l'application", "l’application", "application mobile"}},
		},
		topics: frenchTopics,
		choices: []choiceWords{
			{"opt_out", anyOf("opposer désabon désinscri opposition retir retrait opt- souhaitez voulez"), lazily(`(?i)vous\s+(?:y\s+)?(?:opposer|désabonner|désinscrire)|désabonn|désinscri|désinscription|droit\s+d['’]opposition|retirer\s+(?:\p{L}+\s+){0,2}consentement|opt-?out|retrait\s+d[eu]\s+(?:\p{L}+\s+)?consentement|ne\s+(?:souhaitez|voulez)\s+(?:plus|pas)\s+(?:recevoir|être)`)},
			{"opt_in", anyOf("consent accord accept opt-"), lazily(`(?i)(?:avec|après|recueill\p{L}+)\s+votre\s+(?:\p{L}+\s+)?(?:consentement|accord)|si\s+vous\s+(?:y\s+)?(?:avez\s+)?(?:consenti|consentez|acceptez|accepté)|opt-?in|votre\s+consentement\s+(?:préalable|explicite|exprès)`)},
			{"browser", anyOf("navigateur cookie"), lazily(`(?i)navigateur.{0,120}(?:paramétr|configur|désactiv|bloqu|refus|supprim|réglage)|(?:paramétr|configur|régl)\p{L}*\s+(?:\p{L}+\s+){0,3}navigateur|(?:refuser|désactiver|bloquer|supprimer|accepter\s+ou\s+refuser)\s+(?:\p{L}+\s+){0,3}cookies`)},
			{"settings", anyOf("modifier gérer changer ajuster paramètr mettre désinstall désactiver"), lazily(`(?i)(?:modifier|gérer|changer|ajuster|paramétrer|mettre\s+à\s+jour)\s+(?:vos|les|ces|votre)\s+(?:\p{L}+\s+){0,3}(?:préférences|paramètres|choix|réglages)|désinstall|désactiver\s+(?:la\s+)?(?:géo)?localisation|paramètres\s+de\s+(?:votre\s+)?compte`)},
			{"do_not_use", anyOf("obligé tenu obligatoire facultati libre refuser"), lazily(`(?i)n['’](?:êtes|est)\s+pas\s+(?:obligé|tenu|obligatoire)|facultati|libre\s+de\s+ne\s+pas|refuser\s+de\s+(?:fournir|communiquer)`)},
		},
		speaks: lazily(`(?i)\bvous\b|\bvotre|\bvos\b|utilisateur|client|visiteur|personnes?\s+concernée|internaute`),
		columns: []columnWord{
			{colSold, []string{"vendu", "vente"}}, {colWho, []string{"destinataire", "partagé avec", "tiers", "communiqué"}}, {colKeep, []string{"conservation", "durée"}},
			{colSource, []string{"source", "origine"}}, {colPurpose, []string{"finalité", "pourquoi", "usage", "objectif", "utilisation"}}, {colExamples, []string{"exemple", "description", "détail"}},
			{colData, []string{"catégorie", "type de données", "types de données", "données"}},
		},
		finite: func(g *grammar, s *sentence, i int) bool {
			w := s.low(i)
			ours := strings.HasSuffix(w, "ons") && len(w) > 4 || w == "sommes"
			yours := strings.HasSuffix(w, "ez") && len(w) > 3 && w != "chez" && w != "assez" || w == "êtes"
			if !ours && !yours {
				return false
			}
			for j := i - 1; j >= 0 && j >= i-4; j-- {
				v := s.low(j)
				if ours && v == "nous" || yours && v == "vous" {
					return true
				}
				if !in(v, "ne", "n", "y", "en", "les", "le", "la", "l", "vous", "nous", "leur", "lui") {
					return false
				}
			}
			return false
		},
	}
	g.norm = romanceNorm
	return g
}

// romanceNorm takes off plurals and the feminine.
func romanceNorm(w string) string {
	if len(w) > 3 && (w[len(w)-1] == 's' || w[len(w)-1] == 'x') {
		w = w[:len(w)-1]
	}
	if len(w) > 3 && strings.ContainsRune("eao", rune(w[len(w)-1])) {
		w = w[:len(w)-1]
	}
	if n := len(w); n > 3 && w[n-1] == w[n-2] {
		w = w[:n-1]
	}
	return w
}

// romanceVerbs spells out the forms of verbs.
func romanceVerbs(forms func(lemma string) map[byte]string, table map[string]string) map[string][]form {
	out := make(map[string][]form)
	for _, action := range []string{actCollect, actUse, actShare, actDisclose, actSell, actTransfer, actRetain, actProtect, verbPlace, verbEmbed, verbAllow, actProvide} {
		for _, lemma := range strings.Fields(table[action]) {
			lemma = strings.TrimSuffix(lemma, "*")
			all := forms(lemma)
			for _, kind := range []byte{fInf, fWe, fYou, fThey, fPart} {
				for _, w := range strings.Fields(all[kind]) {
					out[w] = append(out[w], form{lemma, action, kind, ""})
				}
			}
		}
	}
	return out
}

// frenchIrregular are verbs that are not like "collecter": we, you, he, they,
// participle without its ending, and the stem of the future.
var frenchIrregular = map[string]string{
	"recueillir": "recueillons recueillez recueille recueillent recueilli recueiller", "obtenir": "obtenons obtenez obtient obtiennent obtenu obtiendr",
	"recevoir": "recevons recevez reçoit reçoivent reçu recevr", "transmettre": "transmettons transmettez transmet transmettent transmis transmettr",
	"fournir": "fournissons fournissez fournit fournissent fourni fournir", "remettre": "remettons remettez remet remettent remis remettr",
	"vendre": "vendons vendez vend vendent vendu vendr", "revendre": "revendons revendez revend revendent revendu revendr",
	"détruire": "détruisons détruisez détruit détruisent détruit détruir", "inclure": "incluons incluez inclut incluent inclus inclur",
	"recourir": "recourons recourez recourt recourent recouru recourr", "permettre": "permettons permettez permet permettent permis permettr",
	"saisir": "saisissons saisissez saisit saisissent saisi saisir", "envoyer": "envoyons envoyez envoie envoient envoyé enverr",
	"partager": "partageons partagez partage partagent partagé partager", "échanger": "échangeons échangez échange échangent échangé échanger",
	"héberger": "hébergeons hébergez héberge hébergent hébergé héberger", "protéger": "protégeons protégez protège protègent protégé protéger",
	"placer": "plaçons placez place placent placé placer", "effacer": "effaçons effacez efface effacent effacé effacer", "transférer": "transférons transférez transfère transfèrent transféré transférer",
	"révéler": "révélons révélez révèle révèlent révélé révéler", "céder": "cédons cédez cède cèdent cédé céder", "intégrer": "intégrons intégrez intègre intègrent intégré intégrer",
	"relever": "relevons relevez relève relèvent relevé relèver", "exploiter": "exploitons exploitez exploite exploitent exploité exploiter",
}

func frenchForms(lemma string) map[byte]string {
	stem := strings.TrimSuffix(lemma, "er")
	we, you, he, they, part, future := stem+"ons", stem+"ez", stem+"e", stem+"ent", stem+"é", lemma
	if irr, ok := frenchIrregular[lemma]; ok {
		f := strings.Fields(irr)
		we, you, he, they, part, future = f[0], f[1], f[2], f[3], f[4], f[5]
	}
	parts := part + " " + part + "e " + part + "s " + part + "es"
	if strings.HasSuffix(part, "s") {
		parts = part + " " + part + "e " + part + "es"
	}
	return map[byte]string{
		fInf: lemma, fWe: we + " " + future + "ons", fYou: you + " " + future + "ez",
		fThey: he + " " + they + " " + future + "a " + future + "ont", fPart: parts,
	}
}

func mergeWords(maps ...map[string]string) map[string]string {
	out := make(map[string]string)
	for _, m := range maps {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}
