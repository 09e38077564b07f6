package local

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tacit-telemetry/tacit/schema"
)

// recordsReader reads the request of /v1/records into what the agent takes.
type recordsReader struct {
	*scanner
	product schema.Product
	quiet   bool
	records []schema.Record
	labels  []schema.Label // of all records, one behind the other

	fields, ofProduct, ofRecord []field // made once a request
}

func readRecords(body []byte) (*recordsReader, error) {
	s, err := newScanner(body)
	if err != nil {
		return nil, err
	}
	d := &recordsReader{scanner: s}
	d.fields = []field{{name: "product", read: d.readProduct}, {name: "quiet", read: d.readQuiet}, {name: "records", read: d.readRecords}}
	d.ofProduct = []field{{name: "name", read: d.readName}, {name: "version", read: d.readVersion}}
	d.ofRecord = []field{
		{name: "metric", read: d.readMetric}, {name: "time", read: d.readTime}, {name: "value", read: d.readValue, strict: true},
		{name: "labels", read: d.readLabels}, {name: "count", read: d.readCount},
	}
	if err := s.request(d.fields); err != nil {
		return nil, err
	}
	for i := range d.records {
		d.records[i].Product = d.product
	}
	return d, nil
}

func (d *recordsReader) readProduct() error { return d.object("product", d.ofProduct) }

func (d *recordsReader) readQuiet() (err error) {
	d.quiet, err = d.yes("quiet")
	return err
}

func (d *recordsReader) readName() (err error) {
	d.product.Name, err = d.text("product.name")
	return err
}

func (d *recordsReader) readVersion() (err error) {
	d.product.Version, err = d.text("product.version")
	return err
}

func (d *recordsReader) readRecords() error {
	err := d.list("records", d.readRecord)
	d.record = -1
	return err
}

func (d *recordsReader) readRecord() error {
	if len(d.records) == MaxRecords {
		return &Problem{Message: fmt.Sprintf("more than %d records in one request", MaxRecords), Hint: fmt.Sprintf("send at most %d at once", MaxRecords)}
	}
	d.record = len(d.records)
	d.records = append(d.records, schema.Record{})
	return d.object("", d.ofRecord)
}

// last is the record that is being read.
func (d *recordsReader) last() *schema.Record { return &d.records[len(d.records)-1] }

func (d *recordsReader) readMetric() (err error) {
	d.last().Metric, err = d.text("metric")
	return err
}

func (d *recordsReader) readTime() (err error) {
	d.last().Time, err = d.whole("time")
	return err
}

func (d *recordsReader) readValue() (err error) {
	d.last().Value, err = d.value("value")
	return err
}

func (d *recordsReader) readCount() (err error) {
	d.last().Count, err = d.upTo("count")
	return err
}

// readLabels reads an object of texts, sorted by name as records have them.
func (d *recordsReader) readLabels() error {
	if !d.take('{') {
		return d.wrong("labels", "an object of texts")
	}
	from := len(d.labels)
	for first := true; ; first = false {
		more, err := d.more('}', first)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if err := d.readLabel(); err != nil {
			return err
		}
	}
	of := d.labels[from:len(d.labels):len(d.labels)]
	slices.SortFunc(of, func(a, b schema.Label) int { return cmp.Compare(a.Name, b.Name) })
	for i := 1; i < len(of); i++ {
		if of[i].Name == of[i-1].Name {
			return &Problem{Message: d.place("labels") + " names one label twice", Hint: hintFields}
		}
	}
	if len(of) > 0 {
		d.last().Labels = of
	}
	return nil
}

func (d *recordsReader) readLabel() error {
	name, err := d.key()
	if err != nil {
		return err
	}
	of := schema.Label{Name: d.word(name)}
	if d.next() != '"' {
		return d.wrong("labels", "an object of texts")
	}
	if of.Value, err = d.text("labels"); err != nil {
		return err
	}
	d.labels = append(d.labels, of)
	return nil
}
