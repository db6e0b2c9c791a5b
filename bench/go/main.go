// The site's letting page and list in Go: net/http, html/template and SQLite.
package main

import (
	"bytes"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	_ "github.com/mattn/go-sqlite3"
)

const pageSize = 50

//go:embed layout.html
var layout string
var pages = template.Must(template.New("").Parse(layout))

type navRow struct{ ID, URL, Label string }

type letting struct {
	ID                                       int64
	Number                                   int
	Title, Street, City, State, Zip, Country string
}

type person struct{ Initials, Username, City string }

type place struct {
	Name, State string
	Count       int
}

type page struct {
	Title, Description, Origin, Path, Section string
	Nav                                       []navRow
	Letting                                   *letting
	Previous, Next                            *letting
	People                                    []person
	Lettings                                  []letting
	States, Cities                            []place
	First, More                               int64
}

var nav = []navRow{{"home", "/", "Home"}, {"index_lettings", "/lettings/", "Lettings"}, {"index_profiles", "/profiles/", "Profiles"}}

const columns = `SELECT l.id, l.title, a.number, a.street, a.city, a.state, a.zip_code, a.country_iso_code
	FROM lettings_letting l JOIN lettings_address a ON a.id = l.address_id WHERE l.id `

var byID, previous, next, people, after, states, cities *sql.Stmt

func prepareAll(db *sql.DB) {
	for _, each := range []struct {
		statement **sql.Stmt
		text      string
	}{
		{&byID, columns + "= ?"},
		{&previous, "SELECT id, title FROM lettings_letting WHERE id < ? ORDER BY id DESC LIMIT 1"},
		{&next, "SELECT id, title FROM lettings_letting WHERE id > ? ORDER BY id LIMIT 1"},
		{&people, `SELECT u.username, u.first_name, u.last_name FROM profiles_profile p JOIN auth_user u ON u.id = p.user_id
			WHERE p.favorite_city = ? ORDER BY p.id LIMIT 3`},
		{&after, columns + "> ? ORDER BY l.id LIMIT " + strconv.Itoa(pageSize+1)},
		{&states, "SELECT state, state, count(*) FROM lettings_address GROUP BY state ORDER BY state"},
		{&cities, "SELECT city, state, count(*) n FROM lettings_address GROUP BY city, state ORDER BY n DESC, city LIMIT 20"},
	} {
		statement, err := db.Prepare(each.text)
		if err != nil {
			log.Fatal(err)
		}
		*each.statement = statement
	}
}

type scanner interface{ Scan(...interface{}) error }

func readLetting(row scanner) (*letting, error) {
	var l letting
	var zip int
	err := row.Scan(&l.ID, &l.Title, &l.Number, &l.Street, &l.City, &l.State, &zip, &l.Country)
	l.Zip = fmt.Sprintf("%05d", zip)
	return &l, err
}

func neighbour(statement *sql.Stmt, id int64) (*letting, error) {
	var l letting
	err := statement.QueryRow(id).Scan(&l.ID, &l.Title)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &l, err
}

func eachRow(statement *sql.Stmt, read func(*sql.Rows) error, values ...interface{}) error {
	rows, err := statement.Query(values...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func readPlaces(statement *sql.Stmt) (places []place, err error) {
	err = eachRow(statement, func(rows *sql.Rows) error {
		var p place
		err := rows.Scan(&p.Name, &p.State, &p.Count)
		places = append(places, p)
		return err
	})
	return places, err
}

func initial(name string) string {
	if name == "" {
		return ""
	}
	return strings.ToUpper(string([]rune(name)[:1]))
}

func readPeople(city string) (found []person, err error) {
	err = eachRow(people, func(rows *sql.Rows) error {
		var username, first, last string
		err := rows.Scan(&username, &first, &last)
		found = append(found, person{initial(first) + initial(last), username, city})
		return err
	}, city)
	return found, err
}

func newPage(request *http.Request, title, description string) *page {
	return &page{Title: title, Description: description, Origin: "http://" + request.Host, Path: request.URL.Path,
		Section: "/lettings/", Nav: nav}
}

func showLetting(request *http.Request, id int64) (*page, error) {
	found, err := readLetting(byID.QueryRow(id))
	if err != nil {
		return nil, err
	}
	p := newPage(request, found.Title, found.Title+": a holiday home in "+found.City+", "+found.State+".")
	p.Letting = found
	if p.Previous, err = neighbour(previous, id); err != nil {
		return nil, err
	}
	if p.Next, err = neighbour(next, id); err != nil {
		return nil, err
	}
	p.People, err = readPeople(found.City)
	return p, err
}

func showList(request *http.Request) (*page, error) {
	p := newPage(request, "Lettings", "All our holiday homes, each with its place: search by name, city or state.")
	from, _ := strconv.ParseInt(request.URL.Query().Get("after"), 10, 64)
	err := eachRow(after, func(rows *sql.Rows) error {
		l, err := readLetting(rows)
		p.Lettings = append(p.Lettings, *l)
		return err
	}, from)
	if err != nil {
		return nil, err
	}
	if from > 0 && len(p.Lettings) > 0 {
		p.First = p.Lettings[0].ID
	}
	if len(p.Lettings) > pageSize {
		p.Lettings = p.Lettings[:pageSize]
		p.More = p.Lettings[pageSize-1].ID
	}
	if p.States, err = readPlaces(states); err != nil {
		return nil, err
	}
	p.Cities, err = readPlaces(cities)
	return p, err
}

func serve(response http.ResponseWriter, request *http.Request) {
	var p *page
	var err error
	name := "list"
	path := strings.TrimPrefix(request.URL.Path, "/lettings/")
	if path == "" {
		p, err = showList(request)
	} else if id, e := strconv.ParseInt(strings.TrimSuffix(path, "/"), 10, 64); e == nil {
		name = "letting"
		p, err = showLetting(request, id)
	} else {
		err = sql.ErrNoRows
	}
	if errors.Is(err, sql.ErrNoRows) {
		http.NotFound(response, request)
		return
	}
	var out bytes.Buffer
	if err == nil {
		err = pages.ExecuteTemplate(&out, name, p)
	}
	if err != nil {
		http.Error(response, err.Error(), http.StatusInternalServerError)
		return
	}
	response.Header().Set("Content-Type", "text/html; charset=utf-8")
	response.Header().Set("Content-Length", strconv.Itoa(out.Len()))
	response.Write(out.Bytes())
}

func logged(next http.HandlerFunc) http.HandlerFunc {
	return func(response http.ResponseWriter, request *http.Request) {
		start := time.Now()
		next(response, request)
		log.Printf("%s %s %s %s", request.RemoteAddr, request.Method, request.URL, time.Since(start))
	}
}

func main() {
	db, err := sql.Open("sqlite3", "file:"+os.Getenv("DATABASE")+"?mode=ro")
	if err != nil {
		log.Fatal(err)
	}
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	prepareAll(db)
	handler := http.HandlerFunc(serve)
	if os.Getenv("ACCESS_LOG") != "" {
		handler = logged(serve)
	}
	mux := http.NewServeMux()
	mux.Handle("/lettings/", handler)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), mux))
}
