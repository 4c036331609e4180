package policy

import "strings"

// spanish is the grammar of Spanish, in which verbs need no subject.
func spanish() *grammar {
	g := &grammar{
		code: "es",
		verbs: romanceVerbs(spanishForms, map[string]string{
			actCollect:  "recopilar recoger recabar obtener recibir registrar capturar captar solicitar recolectar",
			actUse:      "utilizar usar tratar procesar emplear analizar combinar",
			actShare:    "compartir comunicar ceder transmitir facilitar proporcionar enviar suministrar intercambiar entregar",
			actDisclose: "divulgar revelar publicar difundir desvelar",
			actSell:     "vender alquilar comercializar arrendar",
			actTransfer: "transferir",
			actRetain:   "conservar almacenar guardar mantener archivar suprimir eliminar borrar cancelar",
			actProtect:  "proteger cifrar",
			verbPlace:   "instalar colocar insertar",
			verbEmbed:   "integrar incorporar incluir colaborar contratar trabajar contar",
			verbAllow:   "permitir autorizar",
			actProvide:  "introducir indicar aportar",
		}),
		nominals: map[string]string{
			"recogida": actCollect, "recopilación": actCollect, "obtención": actCollect, "uso": actUse, "tratamiento": actUse, "cesión": actShare, "cesiones": actShare, "comunicación": actShare, "comunicaciones": actShare,
			"divulgación": actDisclose, "venta": actSell, "transferencia": actTransfer, "transferencias": actTransfer, "conservación": actRetain, "almacenamiento": actRetain, "alquiler": actSell,
		},
		light:    wordSet("realiza realizan realizará realizarán realizamos realizaremos efectúa efectúan efectuará efectuarán prevé prevén produce producen existen existe prevista previstas objeto"),
		we:       wordSet("nosotros"),
		user:     wordSet("usted ustedes tú usuario usuarios"),
		own:      wordSet("web sitio página empresa aplicación plataforma tienda portal compañía equipo servidores sociedad organización"),
		ours:     wordSet("nuestra nuestro nuestros nuestras este esta el la"),
		pronouns: wordSet("los las lo estos estas ellos estas éstos éstas la"),
		beAux:    wordSet("es son sea sean ser sido será serán fue fueron están está siendo serían"),
		haveAux:  wordSet("hemos ha han haya hayan habremos"),
		modals:   mergeWords(eachWord("podemos podremos debemos podríamos deseamos", "1"), eachWord("puedes podrás debes deseas", "2"), eachWord("puede pueden podrá podrán debe deben podría podrían deberá deberán", "x")),
		unable:   wordSet("podemos podremos podríamos debemos"),
		reflex:   "se",
		purpose:  wordSet("para"),
		and:      wordSet("y e o u pero sino"),
		bridge:   wordSet("el la los las un una unos unas nuestro nuestra nuestros nuestras su sus otros otras otro otra dichos dichas estos estas este esta cualquier cualquiera algún algunos algunas ningún ninguna todos todas determinados determinadas tales terceras posibles"),
		from:     wordSet("por"),
		oblique:  wordSet("a al con de del en ante para mediante entre sin sobre desde hacia según contra"),
		openers: eachRole(map[byte]string{
			roleIf:     "si siempre_que en_caso_de",
			roleWhen:   "cuando mientras una_vez antes_de_que",
			roleExcept: "salvo excepto a_menos_que a_no_ser_que con_excepción con_la_excepción a_excepción",
			roleThat:   "porque",
			roleAsk:    "cómo qué cuáles cuál",
		}),
		relative: wordSet("que quien quienes cuyo cuyos cuales"),
		negators: wordSet("no nunca jamás tampoco ningún ninguna ninguno nadie ni nada"),
		that:     "que",
		notNeg:   wordSet("solo sólo solamente únicamente necesariamente siempre exclusivamente obstante"),
		only:     wordSet("solo sólo solamente únicamente exclusivamente"),
		joint:    wordSet("ni"),
		ruled:    wordSet("descartada descartadas excluida excluidas"),
		excuses:  wordSet("obligado obligados obligada obligadas responsables responsable garantizar garantizamos posible evitar impedir implica significa responsabilizamos"),
		asks:     wordSet("solicitar oponerse derecho pedir desea rechazar oponerte deseas prefiere solicite oposición retirar exigir"),
		asking:   wordSet("rogamos pedimos recomendamos aconsejamos"),
		habits:   wordSet("conscientemente generalmente habitualmente directamente intencionadamente automáticamente deliberadamente normalmente sabiendas"),
		limits: lazily(`(?i)(?:\bsin\s+(?:\p{L}+\s+){0,4}(?:consentimiento|autorización|permiso|conformidad)|(?:solo|sólo|únicamente|solamente|exclusivamente)\s+(?:con|tras|previo|mediante|si)\s+(?:\p{L}+\s+){0,4}(?:consentimiento|autorización)|(?:con|previo|tras)\s+su\s+(?:\p{L}+\s+){0,2}consentimiento|` +
			`\b(?:para|con)\s+(?:otros|otras|fines)\s+(?:fines|finalidades|distintos|diferentes)|más\s+allá\s+de|más\s+tiempo\s+(?:del|que))`),
		denial:     lazily(`(?i)(?:\bsin\s+(?:\p{L}+\s+){0,3}\p{L}+|junto\s+con|con\s+otros\s+datos|(?:según|como|tal\s+y\s+como|conforme\s+a)\s+(?:\p{L}+\s+){0,3}(?:descrit|indicad|previst|establecid)\p{L}*|por\s+(?:correo|teléfono)|en\s+este\s+(?:formulario|caso|proceso)|con\s+estas\s+cookies)`),
		keep:       lazily(`(?i)(?:mientras|durante\s+(?:el|los|todo\s+el|la)\s+(?:\p{L}+\s+){0,2}(?:tiempo|plazo|período|periodo|plazos|vigencia|duración|relación)|hasta\b|el\s+tiempo\s+(?:necesario|imprescindible)|no\s+más\s+tiempo|una\s+vez|tras\s+(?:la|el)\s+(?:finalización|baja|cancelación|fin|cierre)|cuando\s+(?:ya\s+)?(?:no\s+sean|dejen\s+de\s+ser)|a\s+partir\s+de|los\s+plazos\s+legal|plazos?\s+(?:de\s+prescripción|legal)|inmediatamente|de\s+inmediato)[^.;]*`),
		ages:       lazily(`(?i)(?:menores|mayores|menor|mayor|más|menos)\s+(?:de\s+)?(?:edad\s+)?(?:de\s+)?\d+\s+años(?:\s+de\s+edad)?|\d+\s+años\s+de\s+edad`),
		abroad:     lazily(`(?i)fuera\s+de|terceros\s+países|países\s+terceros|Estados\s+Unidos|internacional|otros\s+países|extranjero|tercer\s+país`),
		numbers:    map[string]string{"un": "1", "una": "1", "dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6", "siete": "7", "ocho": "8", "nueve": "9", "diez": "10", "doce": "12", "trece": "13", "quince": "15", "dieciocho": "18", "veinticuatro": "24", "treinta": "30", "sesenta": "60", "noventa": "90"},
		introduces: wordSet("a por con como empresa mediante servicio herramienta proveedor plataforma"),
		hints:      wordSet("servicio servicios herramienta herramientas proveedor plataforma servidor servidores socio complemento complementos botón solución"),
		joins:      wordSet("combinar"),
		places:     wordSet(""),
		possessive: wordSet("su sus tu tus vuestro vuestra vuestros vuestras"),
		ownOnly:    wordSet("un una nuestro nuestra nuestros nuestras este esta cada por el_siguiente siguiente"),
		weak:       normSet(romanceNorm, "ciudad país región provincia navegador formación estudios imagen imágenes mensajes opiniones cargo compras pedidos transacciones búsquedas comunicaciones dirección edad sexo género salud teléfono preferencias intereses ingresos carrito valoraciones perfiles clics interacciones fotos vídeos ubicación localización nombre profesión empleador comentarios píxeles alias salario religión embarazo recetas IP URL clave logs domicilio nacionalidad aficiones reseñas discapacidad ideología titulación identificador"),
		scopes: []scopeWords{
			{"children", []string{"menores", "menor de", "niños", "niñas"}},
			{"applicants", []string{"candidato", "proceso de selección", "procesos de selección"}},
			{"employees", []string{"empleados", "trabajadores"}},
			{"california", []string{"california", "ccpa"}},
			{"app", []string{"nuestra aplicación", "la aplicación", "aplicación móvil", "nuestra app"}},
		},
		topics: spanishTopics,
		choices: []choiceWords{
			{"opt_out", anyOf("opon oposición baja cancelar retirar revocar opt- desea"), lazily(`(?i)oponer(?:se|te)|derecho\s+de\s+oposición|darse\s+de\s+baja|darte\s+de\s+baja|dar\s+de\s+baja|cancelar\s+(?:la|su|tu)\s+suscripción|retirar\s+(?:\p{L}+\s+){0,2}consentimiento|revocar\s+(?:\p{L}+\s+){0,2}consentimiento|opt-?out|no\s+dese(?:a|as)\s+(?:seguir\s+)?recib`)},
			{"opt_in", anyOf("consent autoriza acepta opt-"), lazily(`(?i)(?:con|previo|tras|recab\p{L}+)\s+su\s+(?:\p{L}+\s+)?(?:consentimiento|autorización)|si\s+(?:usted\s+)?(?:nos\s+)?(?:consiente|acepta|autoriza|ha\s+consentido|ha\s+dado)|opt-?in|su\s+consentimiento\s+(?:previo|expreso|explícito)`)},
			{"browser", anyOf("navegador cookie"), lazily(`(?i)navegador.{0,120}(?:configur|desactiv|bloque|rechaz|elimin|ajust|deshabilit)|(?:configur|ajust)\p{L}*\s+(?:\p{L}+\s+){0,3}navegador|(?:rechazar|desactivar|bloquear|eliminar|deshabilitar|borrar)\s+(?:\p{L}+\s+){0,3}cookies`)},
			{"settings", anyOf("modificar gestionar cambiar ajustar actualizar configura panel desinstalar desactivar"), lazily(`(?i)(?:modificar|gestionar|cambiar|ajustar|actualizar|configurar)\s+(?:sus|las|tus|los|estas)\s+(?:\p{L}+\s+){0,3}(?:preferencias|ajustes|opciones|configuración)|panel\s+de\s+(?:configuración|preferencias)|desinstalar|desactivar\s+la\s+(?:ubicación|geolocalización)`)},
			{"do_not_use", anyOf("obligad voluntari opcional negarse"), lazily(`(?i)no\s+(?:está|estás)\s+obligad|voluntari|opcional|negarse\s+a\s+(?:facilitar|proporcionar)`)},
		},
		speaks: lazily(`(?i)\busted|\bsu\b|\bsus\b|\btu\b|\btus\b|usuario|cliente|interesado|\bpuede\b|\bpuedes\b`),
		columns: []columnWord{
			{colSold, []string{"venta", "vendid"}}, {colWho, []string{"destinatario", "tercero", "cesión", "comunicad"}}, {colKeep, []string{"conservación", "plazo", "retención"}},
			{colSource, []string{"origen", "fuente", "procedencia"}}, {colPurpose, []string{"finalidad", "propósito", "para qué", "uso"}}, {colExamples, []string{"ejemplo", "descripción", "detalle"}},
			{colData, []string{"categoría", "tipo de dato", "tipos de datos", "datos"}},
		},
		finite: func(g *grammar, s *sentence, i int) bool {
			w := s.low(i)
			return strings.HasSuffix(w, "mos") && len(w) > 4 && !notSpanishVerbs[w]
		},
	}
	g.norm = romanceNorm
	return g
}

var notSpanishVerbs = wordSet("mismos últimos máximos mínimos próximos algoritmos mecanismos organismos legítimos anónimos tramos ramos extremos formularios términos íntimos óptimos préstamos ritmos pésimos")

// spanishIrregular are verbs whose forms are not regular: we, you, he, they,
// participle without its ending, and the stem of the future.
var spanishIrregular = map[string]string{
	"obtener": "obtenemos obtienes obtiene obtienen obtenid obtendr", "mantener": "mantenemos mantienes mantiene mantienen mantenid mantendr",
	"transferir": "transferimos transfieres transfiere transfieren transferid transferir", "recoger": "recogemos recoges recoge recogen recogid recoger",
	"incluir": "incluimos incluyes incluye incluyen incluid incluir", "enviar": "enviamos envías envía envían enviad enviar", "proteger": "protegemos proteges protege protegen protegid proteger",
	"contar": "contamos cuentas cuenta cuentan contad contar", "introducir": "introducimos introduces introduce introducen introducid introducir",
}

func spanishForms(lemma string) map[byte]string {
	stem, class := lemma[:len(lemma)-2], lemma[len(lemma)-2:]
	vowel, ours := "a", "amos"
	part := stem + "ad"
	if class != "ar" {
		vowel, part = "e", stem+"id"
		ours = "emos"
		if class == "ir" {
			ours = "imos"
		}
	}
	we, you, he, they, future := stem+ours, stem+vowel+"s", stem+vowel, stem+vowel+"n", lemma
	if irr, ok := spanishIrregular[lemma]; ok {
		f := strings.Fields(irr)
		we, you, he, they, part, future = f[0], f[1], f[2], f[3], f[4], f[5]
	}
	return map[byte]string{
		fInf: lemma + " " + lemma + "los " + lemma + "las " + lemma + "lo " + lemma + "la " + lemma + "se", fWe: we + " " + future + "emos", fYou: you,
		fThey: he + " " + they + " " + future + "á " + future + "án", fPart: part + "o " + part + "a " + part + "os " + part + "as",
	}
}
