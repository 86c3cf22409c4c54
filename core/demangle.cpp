// SPDX-License-Identifier: Apache-2.0
// A recursive descent over the Itanium C++ ABI's grammar (5.1) that builds text instead of a tree.
//
// C++ declarators read from the inside out: a pointer to void(int) is "void (*)(int)". So every
// type is a piece of text with a split: what a declarator adds goes there. Pieces are never
// changed, only joined into new ones at the end of one buffer; the tables of substitutions and
// template arguments name them by position. The buffer's size bounds what a hostile name can make
// of few bytes.
#include <spry/core/demangle.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>

namespace spry {
namespace {

constexpr std::size_t buffer_size = 16384;
constexpr std::size_t table_size = 96;
constexpr int depth_max = 48;

constexpr std::array<const char*, 26> builtin_types = {
    "signed char", "bool",       "char",          "double",    "long double",
    "float",       "__float128", "unsigned char", "int",       "unsigned int",
    nullptr,       "long",       "unsigned long", "__int128",  "unsigned __int128",
    nullptr,       nullptr,      nullptr,         "short",     "unsigned short",
    nullptr,       "void",       "wchar_t",       "long long", "unsigned long long",
    "..."};

// Each ends by a semicolon: two letters of the mangled name, then what follows the word `operator`.
constexpr std::string_view operators =
    "nw new;na new[];dl delete;da delete[];co~;pl+;mi-;ml*;dv/;rm%;an&;or|;eo^;aS=;"
    "pL+=;mI-=;mL*=;dV/=;rM%=;aN&=;oR|=;eO^=;ls<<;rs>>;lS<<=;rS>>=;eq==;ne!=;lt<;gt>;"
    "le<=;ge>=;ss<=>;nt!;aa&&;oo||;pp++;mm--;cm,;pm->*;pt->;cl();ix[];ps+;ng-;ad&;"
    "de*;aw co_await;";

constexpr std::string_view standard_names[] = {"aallocator", "bbasic_string", "sstring",
                                               "iistream",   "oostream",      "diostream"};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

class demangler {
public:
    explicit demangler(std::string_view input) noexcept : rest_(input) {}

    std::string_view run() noexcept {
        const text whole = take("_Z") ? encoding() : type();
        if (failed_)
            return {};
        if (peek() == '.') { // a part of a function that the compiler has split off
            const std::string_view part = rest_;
            rest_ = {};
            return view(join({view(whole), " [clone ", part, "]"}));
        }
        return rest_.empty() ? view(whole) : std::string_view{};
    }

private:
    // A pack is several template arguments in one piece: a list that no declarator can be put
    // around.
    enum class shape : std::uint16_t { plain, function, array, pack };

    struct text {
        std::uint16_t at = 0;
        std::uint16_t size = 0;
        std::uint16_t split = 0; // declarators are inserted here
        shape form = shape::plain;
    };

    // What the reader of a function's name must know to read on behind it.
    struct name_facts {
        std::string_view qualifiers; // of a member function
        bool has_template_arguments = false;
        bool has_no_return_type = false; // constructors, destructors, conversions
    };

    // A fixed stack of pieces.
    struct table {
        std::array<text, table_size> entries;
        std::size_t size = 0;
    };

    class nesting {
    public:
        explicit nesting(demangler& self) noexcept : self_(self) {
            if (++self_.depth_ > depth_max)
                self_.fail();
        }
        nesting(const nesting&) = delete;
        nesting& operator=(const nesting&) = delete;
        ~nesting() { --self_.depth_; }

    private:
        demangler& self_;
    };

    // Input. After a failure there is none left, so every loop ends.

    char peek(std::size_t ahead = 0) const noexcept {
        return ahead < rest_.size() ? rest_[ahead] : '\0';
    }
    bool take(std::string_view expected) noexcept {
        if (!rest_.starts_with(expected))
            return false;
        rest_.remove_prefix(expected.size());
        return true;
    }
    bool at_end_of_list() noexcept { return rest_.empty() || peek() == 'E' || peek() == '.'; }
    void expect(std::string_view expected) noexcept {
        if (!take(expected))
            fail();
    }
    text fail() noexcept {
        failed_ = true;
        rest_ = {};
        return {};
    }
    std::size_t number() noexcept {
        if (!is_digit(peek()))
            fail();
        std::size_t value = 0;
        while (is_digit(peek()) && value < buffer_size) {
            value = value * 10 + static_cast<std::size_t>(peek() - '0');
            rest_.remove_prefix(1);
        }
        return value;
    }
    // "_" is 0, "0_" is 1, "1_" is 2, and so on, in base 36 with capital letters.
    std::size_t sequence_number() noexcept {
        if (take("_"))
            return 0;
        std::size_t value = 0;
        while (value < buffer_size) {
            const char c = peek();
            if (is_digit(c)) {
                value = value * 36 + static_cast<std::size_t>(c - '0');
            } else if (c >= 'A' && c <= 'Z') {
                value = value * 36 + static_cast<std::size_t>(c - 'A' + 10);
            } else {
                break;
            }
            rest_.remove_prefix(1);
        }
        expect("_");
        return value + 1;
    }

    // Output.

    std::string_view view(text piece) const noexcept {
        return {buffer_.data() + piece.at, piece.size};
    }
    std::string_view before(text piece) const noexcept {
        return view(piece).substr(0, piece.split);
    }
    std::string_view after(text piece) const noexcept { return view(piece).substr(piece.split); }

    text join(std::initializer_list<std::string_view> parts) noexcept {
        const std::size_t start = used_;
        for (const std::string_view part : parts) {
            if (part.size() > buffer_size - used_)
                return fail();
            std::copy(part.begin(), part.end(),
                      buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
            used_ += part.size();
        }
        const std::size_t size = used_ - start;
        if (size > demangled_size_max)
            return fail();
        return {static_cast<std::uint16_t>(start), static_cast<std::uint16_t>(size),
                static_cast<std::uint16_t>(size), shape::plain};
    }
    text split_at(text piece, std::size_t split, shape form = shape::plain) noexcept {
        piece.split = static_cast<std::uint16_t>(split);
        piece.form = form;
        return piece;
    }
    // A declarator around a type: "*" makes "int*" of "int" and "void (*)(int)" of "void (int)".
    text declare(text inner, std::string_view mark) noexcept {
        if (inner.form == shape::pack)
            return inner.size == 0 ? inner : fail();
        const std::size_t split = inner.split + mark.size();
        if (inner.form == shape::plain) {
            return split_at(join({before(inner), mark, after(inner)}), split);
        }
        const std::string_view close = inner.form == shape::array ? ") " : ")";
        return split_at(join({before(inner), "(", mark, close, after(inner)}), split + 1);
    }

    text push(table& into, text piece) noexcept {
        if (failed_ || into.size == table_size)
            return fail();
        into.entries[into.size++] = piece;
        return piece;
    }
    text remember(text piece) noexcept { return push(substitutions_, piece); }

    text encoding() noexcept;
    text special_name() noexcept;
    text name(name_facts& facts) noexcept;
    text nested_name(name_facts& facts) noexcept;
    text local_name(name_facts& facts) noexcept;
    text unqualified_name(std::string_view scope, name_facts& facts) noexcept;
    text operator_name(name_facts& facts) noexcept;
    text source_name() noexcept;
    text unnamed_type() noexcept;
    text parameters() noexcept;
    text with_arguments(text of_template) noexcept;
    text template_arguments() noexcept;
    text template_argument() noexcept;
    text template_parameter() noexcept;
    text literal() noexcept;
    text substitution() noexcept;
    text type() noexcept;
    text unqualified_type() noexcept;
    text extended_type() noexcept;
    text reference(text inner, std::string_view mark) noexcept;
    text function_type(std::string_view suffix) noexcept;
    text array_type() noexcept;
    text member_pointer_type() noexcept;

    std::string_view rest_;
    std::size_t used_ = 0;
    int depth_ = 0;
    bool failed_ = false;
    // Arguments belong to a function's name only when they stand in it, not in a type within it.
    bool inside_type_ = false;
    std::size_t arguments_begin_ = 0;
    table arguments_;
    table substitutions_;
    std::array<char, buffer_size> buffer_;
};

demangler::text demangler::encoding() noexcept {
    const nesting guard(*this);
    if (peek() == 'T' || peek() == 'G')
        return special_name();

    const bool inside_type = inside_type_;
    const std::size_t arguments_begin = arguments_begin_;
    inside_type_ = false;
    name_facts facts;
    text whole = name(facts);
    inside_type_ = true;
    if (!at_end_of_list()) {
        text returned;
        if (facts.has_template_arguments && !facts.has_no_return_type)
            returned = type();
        const std::string_view space =
            returned.size == 0 || returned.split != returned.size ? "" : " ";
        const text list = parameters();
        whole = join(
            {before(returned), space, view(whole), view(list), facts.qualifiers, after(returned)});
    }
    inside_type_ = inside_type;
    arguments_begin_ = arguments_begin;
    return whole;
}

demangler::text demangler::special_name() noexcept {
    if (take("TV"))
        return join({"vtable for ", view(type())});
    if (take("TT"))
        return join({"VTT for ", view(type())});
    if (take("TI"))
        return join({"typeinfo for ", view(type())});
    if (take("TS"))
        return join({"typeinfo name for ", view(type())});
    if (!take("GV"))
        return fail();
    name_facts facts;
    return join({"guard variable for ", view(name(facts))});
}

demangler::text demangler::name(name_facts& facts) noexcept {
    const nesting guard(*this);
    if (peek() == 'N')
        return nested_name(facts);
    if (peek() == 'Z')
        return local_name(facts);
    text whole;
    if (peek() == 'S' && peek(1) != 't') {
        whole = substitution();
        if (peek() != 'I')
            return fail();
    } else {
        const bool standard = take("St");
        whole = unqualified_name({}, facts);
        if (standard)
            whole = join({"std::", view(whole)});
        if (peek() == 'I')
            remember(whole);
    }
    if (peek() == 'I') {
        whole = with_arguments(whole);
        facts.has_template_arguments = true;
    }
    return whole;
}

// N [qualifiers] prefix... E. Each prefix but the whole is a candidate for substitution; the whole
// becomes one where it is a type.
demangler::text demangler::nested_name(name_facts& facts) noexcept {
    expect("N");
    const bool is_volatile = take("V");
    const bool is_const = take("K");
    const bool is_lvalue = take("R");
    const bool is_rvalue = !is_lvalue && take("O");
    const std::string_view all = " const volatile &";
    text whole;
    while (!failed_ && !take("E")) {
        bool substitutable = true;
        if (take("St")) {
            whole = join({"std"});
            substitutable = false;
        } else if (peek() == 'S') {
            whole = substitution();
            substitutable = false;
        } else if (peek() == 'T') {
            whole = template_parameter();
        } else if (peek() == 'I') {
            whole = with_arguments(whole);
            facts.has_template_arguments = true;
        } else {
            const text part = unqualified_name(view(whole), facts);
            whole = whole.size == 0 ? part : join({view(whole), "::", view(part)});
            facts.has_template_arguments = false;
        }
        if (substitutable && peek() != 'E')
            remember(whole);
    }
    facts.qualifiers = is_rvalue     ? (is_const ? " const &&" : " &&")
                       : is_lvalue   ? (is_const ? " const &" : " &")
                       : is_volatile ? (is_const ? all.substr(0, 15) : all.substr(6, 9))
                                     : (is_const ? all.substr(0, 6) : std::string_view{});
    if (whole.size == 0)
        return fail();
    return whole;
}

// Z function E entity: a type or variable inside a function.
demangler::text demangler::local_name(name_facts& facts) noexcept {
    expect("Z");
    const text function = encoding();
    expect("E");
    text entity;
    if (take("s")) {
        entity = join({"string literal"});
    } else {
        entity = name(facts);
    }
    if (take("__")) { // the second and further of one name
        number();
        expect("_");
    } else if (peek() == '_' && is_digit(peek(1))) {
        rest_.remove_prefix(2);
    }
    return join({view(function), "::", view(entity)});
}

// The last part of a scope without its template arguments: what a constructor is called.
std::string_view last_part(std::string_view scope) noexcept {
    std::size_t end = scope.size();
    int depth = 0;
    for (std::size_t i = scope.size(); i != 0; --i) {
        const char c = scope[i - 1];
        if (c == '>' || c == ')')
            ++depth;
        if (c == '<' || c == '(') {
            if (--depth == 0 && c == '<')
                end = i - 1;
        }
        if (c == ':' && depth == 0)
            return scope.substr(i, end - i);
    }
    return scope.substr(0, end);
}

demangler::text demangler::unqualified_name(std::string_view scope, name_facts& facts) noexcept {
    take("L"); // internal linkage
    text whole;
    facts.has_no_return_type = false;
    if (is_digit(peek())) {
        whole = source_name();
    } else if (peek() == 'U') {
        whole = unnamed_type();
    } else if ((peek() == 'C' || peek() == 'D') && is_digit(peek(1))) {
        facts.has_no_return_type = true;
        whole = join({peek() == 'D' ? "~" : "", last_part(scope)});
        rest_.remove_prefix(2);
    } else {
        whole = operator_name(facts);
    }
    while (take("B"))
        whole = join({view(whole), "[abi:", view(source_name()), "]"});
    return whole;
}

demangler::text demangler::operator_name(name_facts& facts) noexcept {
    if (take("cv")) {
        facts.has_no_return_type = true;
        // A template parameter in here means arguments that come only behind it: none yet.
        const std::size_t arguments_begin = arguments_begin_;
        arguments_begin_ = table_size;
        const text target = type();
        arguments_begin_ = arguments_begin;
        return join({"operator ", view(target)});
    }
    if (take("li"))
        return join({"operator\"\" ", view(source_name())});
    for (std::string_view left = operators; !left.empty();) {
        const std::string_view candidate = left.substr(0, left.find(';'));
        if (take(candidate.substr(0, 2)))
            return join({"operator", candidate.substr(2)});
        left.remove_prefix(candidate.size() + 1);
    }
    return fail();
}

demangler::text demangler::source_name() noexcept {
    const std::size_t size = number();
    if (size == 0 || size > rest_.size())
        return fail();
    const std::string_view identifier = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return join({identifier.starts_with("_GLOBAL__N") ? "(anonymous namespace)" : identifier});
}

demangler::text demangler::unnamed_type() noexcept {
    text kind;
    if (take("Ul")) {
        kind = join({"lambda", view(parameters())});
        expect("E");
    } else if (take("Ut")) {
        kind = join({"unnamed type"});
    } else {
        return fail();
    }
    // "_" is the first of its scope, "0_" the second.
    const std::size_t which = peek() == '_' ? 1 : number() + 2;
    expect("_");
    std::array<char, 8> digits;
    std::size_t begin = digits.size();
    for (std::size_t value = which; value != 0; value /= 10) {
        digits[--begin] = static_cast<char>('0' + value % 10);
    }
    return join({"{", view(kind), "#", {digits.data() + begin, digits.size() - begin}, "}"});
}

// Types up to the end of a function's encoding, in parentheses.
demangler::text demangler::parameters() noexcept {
    if (peek() == 'v') {
        take("v");
        return join({"()"});
    }
    text list = join({"("});
    while (!failed_ && !at_end_of_list()) {
        if ((peek() == 'R' || peek() == 'O') && peek(1) == 'E')
            break; // of a function type
        const text next = type();
        if (next.size != 0)
            list = join({view(list), list.size == 1 ? "" : ", ", view(next)});
    }
    return join({view(list), ")"});
}

demangler::text demangler::with_arguments(text of_template) noexcept {
    const text arguments = template_arguments();
    const std::string_view front = view(of_template);
    return join({front, front.ends_with('<') ? " " : "", view(arguments)});
}

demangler::text demangler::template_arguments() noexcept {
    const nesting guard(*this);
    expect("I");
    const bool of_name = !inside_type_;
    const std::size_t begin = arguments_.size;
    inside_type_ = true;
    text list = join({"<"});
    while (!failed_ && !take("E")) {
        const text next = push(arguments_, template_argument());
        if (next.size != 0)
            list = join({view(list), list.size == 1 ? "" : ", ", view(next)});
    }
    if (of_name) {
        arguments_begin_ = begin;
        inside_type_ = false;
    } else {
        arguments_.size = begin;
    }
    return join({view(list), ">"});
}

demangler::text demangler::template_argument() noexcept {
    const nesting guard(*this);
    if (peek() == 'L')
        return literal();
    if (!take("J"))
        return type();
    text list = split_at({}, 0, shape::pack);
    while (!failed_ && !take("E")) {
        const text next = template_argument();
        if (list.size == 0) {
            list = next;
        } else {
            list = split_at(join({view(list), ", ", view(next)}), 0, shape::pack);
        }
    }
    return list;
}

demangler::text demangler::template_parameter() noexcept {
    expect("T");
    const std::size_t which = arguments_begin_ + sequence_number();
    if (which >= arguments_.size)
        return fail();
    return arguments_.entries[which];
}

demangler::text demangler::literal() noexcept {
    expect("L");
    if (take("_Z")) {
        const text function = encoding();
        expect("E");
        return function;
    }
    if (take("DnE") || take("Dn0E"))
        return join({"nullptr"});
    if (take("b0E"))
        return join({"false"});
    if (take("b1E"))
        return join({"true"});

    const char kind = peek();
    const text of_type = type();
    const std::string_view sign = take("n") ? "-" : "";
    const std::string_view value = rest_.substr(0, rest_.find('E'));
    for (const char c : value) {
        if (!is_digit(c))
            return fail();
    }
    rest_.remove_prefix(value.size());
    expect("E");
    switch (kind) {
    case 'i':
        return join({sign, value});
    case 'j':
        return join({sign, value, "u"});
    case 'l':
        return join({sign, value, "l"});
    case 'm':
        return join({sign, value, "ul"});
    case 'x':
        return join({sign, value, "ll"});
    case 'y':
        return join({sign, value, "ull"});
    default:
        return join({"(", view(of_type), ")", sign, value});
    }
}

demangler::text demangler::substitution() noexcept {
    expect("S");
    for (const std::string_view candidate : standard_names) {
        if (take(candidate.substr(0, 1)))
            return join({"std::", candidate.substr(1)});
    }
    const std::size_t which = sequence_number();
    if (which >= substitutions_.size)
        return fail();
    return substitutions_.entries[which];
}

demangler::text demangler::type() noexcept {
    const nesting guard(*this);
    take("r"); // restrict: not C++
    const bool is_volatile = take("V");
    const bool is_const = take("K");
    const text inner = unqualified_type();
    if (!is_volatile && !is_const)
        return inner;
    const std::string_view mark = !is_volatile ? " const"
                                  : is_const   ? " const volatile"
                                               : " volatile";
    if (inner.form == shape::function) { // a qualified member function, behind a member pointer
        return remember(split_at(join({view(inner), mark}), inner.split, inner.form));
    }
    if (inner.form == shape::array) { // "int const [3]", where the split stands behind a space
        return remember(split_at(join({before(inner), mark.substr(1), " ", after(inner)}),
                                 inner.split + mark.size(), inner.form));
    }
    return remember(split_at(join({before(inner), mark, after(inner)}), inner.split + mark.size()));
}

demangler::text demangler::unqualified_type() noexcept {
    const char kind = peek();
    if (kind >= 'a' && kind <= 'z' &&
        builtin_types[static_cast<std::size_t>(kind - 'a')] != nullptr) {
        rest_.remove_prefix(1);
        return join({builtin_types[static_cast<std::size_t>(kind - 'a')]});
    }
    name_facts facts;
    switch (kind) {
    case 'P':
        take("P");
        return remember(declare(type(), "*"));
    case 'R':
        take("R");
        return remember(reference(type(), "&"));
    case 'O':
        take("O");
        return remember(reference(type(), "&&"));
    case 'F':
        return remember(function_type(""));
    case 'A':
        return remember(array_type());
    case 'M':
        return remember(member_pointer_type());
    case 'D':
        return extended_type();
    case 'u':
        take("u");
        return remember(source_name());
    case 'T': {
        const text parameter = remember(template_parameter());
        if (peek() != 'I')
            return parameter;
        return remember(with_arguments(parameter));
    }
    case 'S':
        if (peek(1) != 't') {
            const text known = substitution();
            if (peek() != 'I')
                return known;
            return remember(with_arguments(known));
        }
        [[fallthrough]];
    default:
        if (kind != 'S' && kind != 'N' && kind != 'Z' && !is_digit(kind))
            return fail();
        const bool inside_type = inside_type_;
        inside_type_ = true;
        const text whole = name(facts);
        inside_type_ = inside_type;
        return remember(whole);
    }
}

demangler::text demangler::extended_type() noexcept {
    if (take("Dp"))
        return type(); // an expanded pack: its arguments are already a list
    if (take("Do"))
        return remember(function_type(" noexcept"));
    if (take("Dn"))
        return join({"decltype(nullptr)"});
    if (take("Da"))
        return join({"auto"});
    if (take("Du"))
        return join({"char8_t"});
    if (take("Ds"))
        return join({"char16_t"});
    if (take("Di"))
        return join({"char32_t"});
    return fail();
}

// Collapses: a reference to a reference, through a template parameter, is the lvalue one if either
// is.
demangler::text demangler::reference(text inner, std::string_view mark) noexcept {
    const std::string_view front = before(inner);
    if (!front.ends_with("&"))
        return declare(inner, mark);
    if (mark == "&&" || !front.ends_with("&&"))
        return inner;
    return split_at(join({front.substr(0, front.size() - 1), after(inner)}), front.size() - 1);
}

demangler::text demangler::function_type(std::string_view suffix) noexcept {
    expect("F");
    take("Y"); // extern "C"
    const text returned = type();
    const text list = parameters();
    const std::string_view target = take("R") ? " &" : take("O") ? " &&" : "";
    expect("E");
    const std::string_view space = returned.split == returned.size ? " " : "";
    return split_at(join({before(returned), space, view(list), target, suffix, after(returned)}),
                    returned.split + space.size(), shape::function);
}

demangler::text demangler::array_type() noexcept {
    expect("A");
    const std::string_view extent = rest_.substr(0, rest_.find('_'));
    for (const char c : extent) {
        if (!is_digit(c))
            return fail();
    }
    rest_.remove_prefix(extent.size());
    expect("_");
    const text element = type();
    const std::string_view space = element.form == shape::array ? "" : " ";
    return split_at(join({before(element), space, "[", extent, "]", after(element)}),
                    element.split + space.size(), shape::array);
}

demangler::text demangler::member_pointer_type() noexcept {
    expect("M");
    const text owner = type();
    const text member = type();
    const std::string_view space = member.form == shape::plain ? " " : "";
    return declare(member, view(join({space, view(owner), "::*"})));
}

} // namespace

std::string_view demangle(std::string_view mangled, std::span<char> out) noexcept {
    demangler reader(mangled);
    const std::string_view readable = reader.run();
    if (readable.size() > out.size())
        return {};
    std::copy(readable.begin(), readable.end(), out.begin());
    return {out.data(), readable.size()};
}

char* demangle(const char* mangled, char* buffer, std::size_t* length, int* status) noexcept {
    const auto end = [status](int code, char* result) {
        if (status != nullptr) {
            *status = code;
        }
        return result;
    };
    if (mangled == nullptr || (buffer != nullptr && length == nullptr)) {
        return end(-3, nullptr);
    }
    std::array<char, demangled_size_max> space;
    const std::string_view readable = demangle(mangled, space);
    if (readable.empty()) {
        return end(-2, nullptr);
    }
    const std::size_t size = readable.size() + 1;
    if (buffer == nullptr || *length < size) {
        void* larger = std::realloc(buffer, size);
        if (larger == nullptr) {
            return end(-1, nullptr);
        }
        buffer = static_cast<char*>(larger);
        if (length != nullptr) {
            *length = size;
        }
    }
    std::copy(readable.begin(), readable.end(), buffer);
    buffer[readable.size()] = '\0';
    return end(0, buffer);
}

} // namespace spry
