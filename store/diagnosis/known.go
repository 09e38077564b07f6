package diagnosis

// Known is the vendor's file: what is known to be wrong, and until when which
// version is supported.
type Known struct {
	Issues   []Issue
	Releases []Release
}

// Issue is one known issue. It is that of a signature when each of Product,
// Code and Function that it names is the signature's.
type Issue struct {
	Product  string `json:"product"`
	Code     string `json:"code,omitempty"`     // of the error
	Function string `json:"function,omitempty"` // as "engine.Query" or with its import path
	Title    string `json:"title"`
	// Since and FixedIn are versions: the first that has it, and the first that
	// has it no more; "": not known, or not fixed.
	Since      string `json:"since,omitempty"`
	FixedIn    string `json:"fixed_in,omitempty"`
	Workaround string `json:"workaround,omitempty"`
	URL        string `json:"url,omitempty"`
}

// Release is a version, or all versions that begin with it, and the last day on
// which it is supported.
type Release struct {
	Product   string
	Version   string
	EndOfLife string // a day such as 2027-06-30
}
