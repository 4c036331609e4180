package html

// Bounds of what the page lists. scan.json has everything.
const (
	maxText       = 1500 // characters of any one text
	maxTop        = 5    // cards shown in full at the top
	maxTogether   = 6    // findings of one card that are not folded
	maxFindings   = 2000
	maxFlows      = 1200
	maxQuotes     = 3   // sentences quoted for one finding or flow
	maxPagesNamed = 3   // pages named for one finding or flow
	maxSeen       = 2   // requests shown for one finding or flow
	maxInline     = 150 // requests shown with their flows; others by id
	manyFlows     = 300 // from here on an entry names one page only
	manyFindings  = 100
	maxVendors    = 400
	maxCookies    = 400
	maxStorage    = 200
	maxBehaviors  = 200
	maxLabels     = 300
	maxForms      = 100
	maxFields     = 40
	maxStatements = 120 // of one policy, beyond those that something points at
	maxDeclared   = 120
	maxPassages   = 5 // sentences of one answer
	maxOpinions   = 3 // second opinions on one sentence
	maxPages      = 300
	maxShots      = 24
	maxHosts      = 300
	maxRules      = 300
	maxGaps       = 100
	maxChanges    = 200
	maxEvidence   = 200
	matrixRows    = 24
	matrixColumns = 22
)
