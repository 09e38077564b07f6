package local

import "fmt"

// readNever reads the request of /v1/never.
func readNever(body []byte) (values []string, err error) {
	s, err := newScanner(body)
	if err != nil {
		return nil, err
	}
	value := func() error {
		if len(values) == MaxValues {
			return &Problem{Message: fmt.Sprintf("more than %d values in one request", MaxValues), Hint: fmt.Sprintf("send at most %d at once", MaxValues)}
		}
		text, err := s.text("values")
		values = append(values, text)
		return err
	}
	err = s.request([]field{{name: "values", read: func() error { return s.list("values", value) }}})
	return values, err
}

// readNumber reads a request with one whole number.
func readNumber(body []byte, name string) (n int, err error) {
	s, err := newScanner(body)
	if err != nil {
		return 0, err
	}
	said := false
	err = s.request([]field{{name: name, read: func() error {
		v, err := s.whole(name)
		n, said = int(v), true
		return err
	}}})
	if err == nil && !said {
		err = &Problem{Message: fmt.Sprintf("field %q is missing", name), Hint: "send a whole number"}
	}
	return n, err
}

// readParticipate reads the request of /v1/participation.
func readParticipate(body []byte) (out Participate, err error) {
	s, err := newScanner(body)
	if err != nil {
		return out, err
	}
	said := false
	err = s.request([]field{
		{name: "on", read: func() (err error) { out.On, err = s.yes("on"); said = true; return err }},
		{name: "purge", read: func() (err error) { out.Purge, err = s.yes("purge"); return err }},
	})
	if err == nil && !said {
		err = &Problem{Message: `field "on" is missing`, Hint: "send true or false"}
	}
	return out, err
}
