// SPDX-License-Identifier: Apache-2.0
#include <spry/core/demangle.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

namespace shop {

struct out_of_stock {
    struct details {};
    enum class kind { none, few };
};
template <class T, int Size>
struct shelf {};
template <bool Open, char Name, out_of_stock::kind Kind>
struct door {};
template <class... T>
struct bag {};

} // namespace shop

namespace {

struct hidden {};

std::string demangled(std::string_view mangled) {
    std::array<char, spry::demangled_size_max> space;
    return std::string(spry::demangle(mangled, space));
}

struct expectation {
    const char* mangled;
    const char* readable;
};

// Written down from the grammar of the Itanium C++ ABI, 5.1; the comment names the rule.
constexpr expectation expectations[] = {
    {"i", "int"},
    {"Dn", "decltype(nullptr)"},
    {"PKc", "char const*"},
    {"PPVKv", "void const volatile**"},
    {"OSs", "std::string&&"},
    {"St13runtime_error", "std::runtime_error"},
    {"N4shop12out_of_stockE", "shop::out_of_stock"},
    {"N4shop12out_of_stock7detailsE", "shop::out_of_stock::details"},
    {"N4shop5shelfIiLi3EEE", "shop::shelf<int, 3>"},
    {"N4shop5shelfIS0_IilELin3EEE", "shop::shelf<shop::shelf<int, long>, -3>"}, // S0_: a prefix
    {"N4shop3bagIJicPvEEE", "shop::bag<int, char, void*>"},                     // a pack
    {"N4shop3bagIJEEE", "shop::bag<>"},
    {"4doorILb1ELc65EL4kind0EE", "door<true, (char)65, (kind)0>"}, // literals
    {"4roomILj7ELm8ELy9EE", "room<7u, 8ul, 9ull>"},
    {"N12_GLOBAL__N_16hiddenE", "(anonymous namespace)::hidden"},
    {"St3mapISsiSt4lessISsESaISt4pairIKSsiEEE",
     "std::map<std::string, int, std::less<std::string>, "
     "std::allocator<std::pair<std::string const, int>>>"},
    {"NSt3__112basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEEE",
     "std::__1::basic_string<char, std::__1::char_traits<char>, std::__1::allocator<char>>"},
    {"NSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE",
     "std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char>>"},
    {"NSt8ios_base7failureB5cxx11E", "std::ios_base::failure[abi:cxx11]"}, // a tag
    {"PFvvE", "void (*)()"},
    {"PFvicE", "void (*)(int, char)"},
    {"PFPFvvEiE", "void (*(*)(int))()"}, // returns a function pointer
    {"PDoFvvE", "void (*)() noexcept"},
    {"FivE", "int ()"},
    {"A3_i", "int [3]"},
    {"PA3_A4_Kc", "char const (*) [3][4]"},
    {"M4roomi", "int room::*"},
    {"M4roomKFivE", "int (room::*)() const"},
    {"St8functionIFivEE", "std::function<int ()>"},
    {"Z4mainE5error", "main::error"}, // local
    {"Z1fiE5error_0", "f(int)::error"},
    {"Z4mainEUlvE_", "main::{lambda()#1}"},
    {"Z4mainEUliE0_", "main::{lambda(int)#2}"},
    {"N4roomUt_E", "room::{unnamed type#1}"},
    {"_Z4mainiPPc", "main(int, char**)"},
    {"_ZN4room4openEv", "room::open()"},
    {"_ZNK4room4openEiz", "room::open(int, ...) const"},
    {"_ZNO4room4openEv", "room::open() &&"},
    {"_ZN4roomC2ERKS_", "room::room(room const&)"},
    {"_ZN4roomD1Ev", "room::~room()"},
    {"_ZN4roomIiED0Ev", "room<int>::~room()"},
    {"_ZN4roomcvbEv", "room::operator bool()"},
    {"_ZlsR4roomi", "operator<<(room&, int)"},
    {"_Z3getIiET_S0_", "int get<int>(int)"}, // arguments of the name, and its return type
    {"_Z3getIJEEvDpT_", "void get<>()"},
    {"_Z3getIRiEvOT_", "void get<int&>(int&)"}, // references collapse
    {"_ZL5valuei", "value(int)"},
    {"_ZTI4room", "typeinfo for room"},
    {"_ZTV4room", "vtable for room"},
    {"_ZGVZ1fvE1x", "guard variable for f()::x"},
    {"_ZN4room4openEv.cold", "room::open() [clone .cold]"},
};

TEST(demangle, reads_the_names_of_ordinary_types_and_functions) {
    for (const auto& [mangled, readable] : expectations) {
        EXPECT_EQ(demangled(mangled), readable) << mangled;
    }
}

TEST(demangle, refuses_what_it_does_not_know) {
    for (const char* name : {"",
                             "_Z",
                             "_",
                             "main",
                             "hello world",
                             "3ab",
                             "N3abc",
                             "i_",
                             "PFvv",
                             "S_",
                             "S5_",
                             "T_",
                             "4roomIXplLi1ELi2EEE",
                             "Dv4_f",
                             "A3",
                             "LiE",
                             "99999999999999999999a",
                             "_ZN4roomcvT_IiEEv",
                             "N4room",
                             "IiE"}) {
        EXPECT_EQ(demangled(name), "") << name;
    }
}

// How much white space a demangler writes is its own affair.
std::string without_spaces(std::string text) {
    std::erase(text, ' ');
    return text;
}

std::string by_the_platform(const char* mangled) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> readable(
        abi::__cxa_demangle(mangled, nullptr, nullptr, &status), &std::free);
    return status == 0 ? readable.get() : "";
}

TEST(demangle, agrees_with_the_platform_on_the_types_of_this_program) {
    struct local_error {};
    const std::type_info* types[] = {
        &typeid(int),
        &typeid(const char*),
        &typeid(std::string),
        &typeid(std::runtime_error),
        &typeid(std::system_error),
        &typeid(std::bad_alloc),
        &typeid(std::vector<std::string>),
        &typeid(std::map<std::string, std::vector<int>>),
        &typeid(std::function<void(std::string, int*)>),
        &typeid(std::unique_ptr<std::vector<std::string>>),
        &typeid(void (*)(int, std::string&&)),
        &typeid(int(shop::out_of_stock::*)(long) const),
        &typeid(long shop::out_of_stock::*),
        &typeid(int(*)[3][4]),
        &typeid(shop::out_of_stock),
        &typeid(shop::out_of_stock::details),
        &typeid(shop::out_of_stock::kind),
        &typeid(shop::shelf<shop::shelf<shop::out_of_stock, 1>, 2>),
        &typeid(shop::bag<shop::bag<>, shop::bag<int>, shop::shelf<int, -1>>),
        &typeid(shop::door<true, 'x', shop::out_of_stock::kind::few>),
        &typeid(hidden),
        &typeid(shop::bag<hidden, hidden*>),
        &typeid(local_error),
    };
    for (const std::type_info* type : types) {
        const std::string expected = by_the_platform(type->name());
        ASSERT_NE(expected, "") << type->name();
        EXPECT_EQ(without_spaces(demangled(type->name())), without_spaces(expected))
            << type->name();
    }
}

TEST(demangle, survives_every_damage_to_a_name) {
    std::mt19937 random(20260102);
    const std::string_view letters = "NESTIPKRFAMDLXJZCUv_0129iclb.";
    std::size_t understood = 0;
    for (const expectation& each : expectations) {
        const std::string_view name = each.mangled;
        for (std::size_t size = 0; size != name.size(); ++size) {
            understood += demangled(name.substr(0, size)).empty() ? 0U : 1U;
        }
        for (int round = 0; round != 300; ++round) {
            std::string damaged(name);
            for (std::size_t times = 1 + random() % 3; times != 0; --times) {
                damaged[random() % damaged.size()] = letters[random() % letters.size()];
            }
            const std::string readable = demangled(damaged);
            ASSERT_LE(readable.size(), spry::demangled_size_max);
            understood += readable.empty() ? 0U : 1U;
        }
    }
    EXPECT_GT(understood, 100U);
}

TEST(demangle, gives_up_on_names_that_grow_without_bound) {
    std::string deep(100'000, 'P');
    EXPECT_EQ(demangled(deep + "i"), "");

    // Each argument is twice as long as the one before.
    std::string doubling = "4pairIiiE";
    for (int i = 0; i != 20; ++i) {
        doubling.insert(0, "4pairI").append("S0_E");
    }
    EXPECT_LE(demangled(doubling).size(), spry::demangled_size_max);
    EXPECT_EQ(demangled(std::to_string(3000) + std::string(3000, 'x')), "");
    EXPECT_EQ(demangled(std::to_string(2000) + std::string(2000, 'x')), std::string(2000, 'x'));
}

TEST(demangle, refuses_a_buffer_that_is_too_small) {
    std::array<char, 17> space;
    EXPECT_EQ(spry::demangle("N4shop12out_of_stockE", space), "");
    EXPECT_EQ(spry::demangle("PKc", space), "char const*");
    EXPECT_EQ(spry::demangle("i", {}), "");
}

TEST(demangle, keeps_the_contract_of_the_runtimes_entry) {
    int status = 1;
    std::size_t length = 0;
    char* made = spry::demangle("St13runtime_error", nullptr, nullptr, &status);
    EXPECT_EQ(status, 0);
    EXPECT_STREQ(made, "std::runtime_error");
    std::free(made);

    // A buffer that is large enough stays, one that is not is replaced and its length told.
    char* buffer = static_cast<char*>(std::malloc(64));
    length = 64;
    EXPECT_EQ(spry::demangle("PKc", buffer, &length, &status), buffer);
    EXPECT_EQ(length, 64U);
    EXPECT_STREQ(buffer, "char const*");
    length = 4;
    buffer = spry::demangle("St13runtime_error", buffer, &length, nullptr);
    EXPECT_STREQ(buffer, "std::runtime_error");
    EXPECT_EQ(length, std::strlen("std::runtime_error") + 1);

    // On failure the buffer is still the caller's.
    EXPECT_EQ(spry::demangle("not a name", buffer, &length, &status), nullptr);
    EXPECT_EQ(status, -2);
    EXPECT_EQ(spry::demangle(nullptr, buffer, &length, &status), nullptr);
    EXPECT_EQ(status, -3);
    EXPECT_EQ(spry::demangle("i", buffer, nullptr, &status), nullptr);
    EXPECT_EQ(status, -3);
    std::free(buffer);
}

} // namespace
