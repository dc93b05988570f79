import unittest

from names import display_name


class Names(unittest.TestCase):
    def test_the_family_name_comes_where_the_settings_want_it(self):
        self.assertEqual(display_name("Adele", "Vance", family_name_first=True), "VANCE Adele")
        self.assertEqual(display_name("Adele", "Vance", family_name_first=False), "Adele Vance")

    def test_one_name_is_enough(self):
        self.assertEqual(display_name("Cher", None, family_name_first=True), "Cher")
        self.assertIsNone(display_name(None, "", family_name_first=True))


if __name__ == "__main__":
    unittest.main()
