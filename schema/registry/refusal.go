package registry

import "errors"

// Why a record or a fragment is refused. Each is wrapped with the place, never
// with the value. Drop the record and count it by [Reason]; offering the same
// again cannot help, except where the comment says so.
var (
	// ErrUnknownProduct: register the product first.
	ErrUnknownProduct = errors.New("product is not registered")
	// ErrUnknownMetric: register the metric first, or mend its spelling.
	ErrUnknownMetric = errors.New("metric is not registered")
	// ErrOtherProduct: the metric is registered for other products; report your own.
	ErrOtherProduct = errors.New("metric is registered for other products")
	// ErrExpired: the metric is not collected any more; nothing is to be done.
	ErrExpired = errors.New("metric has expired")
	// ErrUnknownLabel: register the label first, or leave it out.
	ErrUnknownLabel = errors.New("label is not registered for this metric")
	// ErrLabelOrder: sort labels by name, and give each once.
	ErrLabelOrder = errors.New("labels are not sorted by name, or one is there twice")
	// ErrWrongType: give a number where a number is registered, a text where a text is.
	ErrWrongType = errors.New("value is of another type than registered")
	// ErrOutOfRange: numbers are not negative and at most the registered max.
	ErrOutOfRange = errors.New("number is negative or above the registered max")
	// ErrNotListed: use one of the registered values; "other" where there is one.
	ErrNotListed = errors.New("value is not one of the registered ones")
	// ErrWrongFormat: write the value in the registered format.
	ErrWrongFormat = errors.New("value does not have the registered format")
	// ErrForeignFrame: leave out frames that are neither the product's own nor Go's.
	ErrForeignFrame = errors.New("stack frame is not of the product's modules")
	// ErrTooLong: shorten the text.
	ErrTooLong = errors.New("text is too long")
	// ErrNotUTF8: offer text, not bytes.
	ErrNotUTF8 = errors.New("text is not valid UTF-8")
	// ErrNotTreated: apply the registered treatment before storing or sending.
	ErrNotTreated = errors.New("value is not as the registered treatment leaves it")
	// ErrNotOnPage: the metric is for roll-ups only; keep it off pages.
	ErrNotOnPage = errors.New("metric is not registered for pages")
	// ErrNotInRollup: the metric or label is for pages only, or for other facets.
	ErrNotInRollup = errors.New("not registered for this roll-up")
	// ErrUnknownRelease: bring the registry of that release; then the fragment may pass.
	ErrUnknownRelease = errors.New("registry release is not known here")
	// ErrUnknownTuple: use a facet list of a registered roll-up, in its order.
	ErrUnknownTuple = errors.New("facets are not those of a registered roll-up")
	// ErrBadCount: counts, sums and bucket counts of a measure must agree; of
	// records, only those of durations and log lines may count several events.
	ErrBadCount = errors.New("count is not allowed, or does not fit sum and buckets")
)

// refusal pairs a sentinel with its word.
type refusal struct {
	err  error
	word string
}

func refusals() []refusal {
	return []refusal{
		{ErrUnknownProduct, "unknown_product"},
		{ErrUnknownMetric, "unknown_metric"},
		{ErrOtherProduct, "other_product"},
		{ErrExpired, "expired"},
		{ErrUnknownLabel, "unknown_label"},
		{ErrLabelOrder, "label_order"},
		{ErrWrongType, "wrong_type"},
		{ErrOutOfRange, "out_of_range"},
		{ErrNotListed, "not_listed"},
		{ErrWrongFormat, "wrong_format"},
		{ErrForeignFrame, "foreign_frame"},
		{ErrTooLong, "too_long"},
		{ErrNotUTF8, "not_utf8"},
		{ErrNotTreated, "not_treated"},
		{ErrNotOnPage, "not_on_page"},
		{ErrNotInRollup, "not_in_rollup"},
		{ErrUnknownRelease, "unknown_release"},
		{ErrUnknownTuple, "unknown_tuple"},
		{ErrBadCount, "bad_count"},
	}
}

// Reason returns the fixed word for a refusal, such as "unknown_metric", for
// answers and counts. It is "other" for an error of another package and empty
// for nil. The words never change; they are values of tacit.records.refused.
func Reason(err error) string {
	if err == nil {
		return ""
	}
	for _, r := range refusals() {
		if errors.Is(err, r.err) {
			return r.word
		}
	}
	return "other"
}
