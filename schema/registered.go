package schema

// Release numbers a version of the registry. The vendor counts it up; it is
// never a hash, which would mark a site that has its own overlay.
type Release uint32

// Category says what kind of thing a metric tells. There is none for
// authentication data, contact data, licence or customer numbers: they cannot
// be registered.
type Category string

// The categories, in the order in which documents list them.
const (
	Configuration   Category = "configuration"
	FeatureUsage    Category = "feature_usage"
	Performance     Category = "performance"
	ErrorReport     Category = "error_report"
	ProductLog      Category = "product_log"
	Survey          Category = "survey"
	Engine          Category = "engine"
	ApplianceHealth Category = "appliance_health"
)

// Categories returns every category, in the order in which documents list them.
func Categories() []Category {
	return []Category{
		Configuration, FeatureUsage, Performance, ErrorReport,
		ProductLog, Survey, Engine, ApplianceHealth,
	}
}

// Level says how much detail a host gives.
type Level string

// The levels. Enhanced adds product logs and nothing else.
const (
	Standard Level = "standard"
	Enhanced Level = "enhanced"
)

// Programme is one purpose with a switch of its own.
type Programme string

// The two programmes.
const (
	CEIP Programme = "ceip" // customer experience improvement
	CSP  Programme = "csp"  // customer success: appliance health, versions, usage
)

// Type says how a metric's values behave.
type Type string

// The types of metrics. A counter and a duration add up, a quantity is read
// at a moment, a state is a text that holds until it changes, a flag is 0 or
// 1, an error's text is its registered code or its type, a log's text is the ID
// of a registered template, a survey's answer is a score or a listed reason.
const (
	Counter  Type = "counter"
	Quantity Type = "quantity"
	Duration Type = "duration"
	State    Type = "state"
	Flag     Type = "flag"
	Failure  Type = "error"
	Log      Type = "log"
	Answer   Type = "survey"
)

// Treatment is what the host does to a value before anything leaves it.
type Treatment string

// The treatments. Keep is for enumerated or bounded values only; Hash and
// Scrub are for pages only.
const (
	Keep   Treatment = "keep"
	Bucket Treatment = "bucket"
	Hash   Treatment = "hash"
	Scrub  Treatment = "scrub"
	Drop   Treatment = "drop"
)
