import unittest

from customs import FAMILY_NAME_FIRST, display_name


def written(given, family, country, capitals=True):
    return display_name(given, family, country, FAMILY_NAME_FIRST, capitals)


class Customs(unittest.TestCase):
    def test_the_family_name_stands_where_people_put_it(self):
        self.assertEqual(written("Ilona", "Nagy", "HU"), "NAGY Ilona")
        self.assertEqual(written("Ilona", "Nagy", "hu", capitals=False), "Nagy Ilona")
        self.assertEqual(written("Ilona", "Nagy", "DE"), "Ilona Nagy")
        self.assertEqual(written("Ilona", "Nagy", None), "Ilona Nagy")

    def test_nothing_stands_between_names_in_scripts_without_spaces(self):
        self.assertEqual(written("太郎", "山田", "JP"), "山田太郎")
        self.assertEqual(written("민준", "김", "US"), "김민준")
        self.assertEqual(written("Taro", "山田", "JP"), "山田 Taro")

    def test_one_name_is_enough(self):
        self.assertEqual(written("Suharto", " ", "ID"), "Suharto")
        self.assertIsNone(written(None, "", "ID"))


if __name__ == "__main__":
    unittest.main()
